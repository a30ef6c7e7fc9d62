/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usage: make-logs NAME ENTRIES FILES [sha384]
 * Makes what `make bench` measures with: NAME.tar, evidence of a boot whose IMA log has about ENTRIES entries, NAME.json, its baseline with
 * FILES files, NAME.ima, the log alone, and NAME.pcrs, the PCR values as evmctl reads them. The boot is the story of the unit tests, told on. With sha384 that
 * bank is in the evidence too.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/story.h"
#include "verify/enroll.h"

#define IMA_PCR 10
#define PRIME 7919 /* steps through all files, so that neighbours in the log are none in the baseline */

static struct story story;
static struct judge judge;

/* Names as long as those below /usr: 60 bytes on average. */
static size_t name_of(unsigned long i, char *buf, size_t size)
{
        static const char *const folders[] = { "lib/python3/dist-packages/cryptography/hazmat/primitives", "bin", "share/locale/de/LC_MESSAGES",
                                               "lib/x86_64-linux-gnu", "libexec/kubernetes/plugins" };

        return (size_t)snprintf(buf, size, "/usr/local/%s/component-%08lx.so.%lu", folders[i % 5], i * 2654435761ul % 0xfffffffful, i % 17);
}

static void put_u32(uint8_t **at, uint32_t value)
{
        for (unsigned i = 0; i < 4; i++)
                *(*at)++ = (uint8_t)(value >> (8 * i));
}

static void put(uint8_t **at, const void *bytes, size_t len)
{
        memcpy(*at, bytes, len);
        *at += len;
}

static void hash_of(unsigned long i, struct digest *ret_digest)
{
        digest_of(ALG_SHA256, span_of(&i, sizeof(i)), ret_digest);
}

/* Template ima-sig without a signature. */
static size_t data_of(unsigned long i, uint8_t *buf)
{
        struct digest hash;
        uint8_t *at = buf;
        char name[160];
        size_t len = name_of(i, name, sizeof(name));

        hash_of(i, &hash);
        put_u32(&at, 40);
        put(&at, "sha256:", 8);
        put(&at, hash.bytes, 32);
        put_u32(&at, (uint32_t)len + 1);
        put(&at, name, len + 1);
        put_u32(&at, 0);
        return (size_t)(at - buf);
}

static void add_entry(unsigned long i, bool sha384, FILE *out)
{
        uint8_t data[512], head[64], *at = head;
        size_t len = data_of(i, data);
        struct digest sha1, own;

        digest_of(ALG_SHA1, span_of(data, len), &sha1);
        digest_of(ALG_SHA256, span_of(data, len), &own);
        digest_extend(&story.pcrs[ALG_SHA256].values[IMA_PCR], digest_span(&own));
        if (sha384) {
                /* As the story's machine does it. */
                memset(own.bytes, 0, sizeof(own.bytes));
                memcpy(own.bytes, sha1.bytes, 20);
                digest_extend(&story.pcrs[ALG_SHA384].values[IMA_PCR], span_of(own.bytes, 48));
        }
        put_u32(&at, IMA_PCR);
        put(&at, sha1.bytes, 20);
        put_u32(&at, 7);
        put(&at, "ima-sig", 7);
        put_u32(&at, (uint32_t)len);
        fwrite(head, 1, (size_t)(at - head), out);
        fwrite(data, 1, len, out);
}

static FILE *open_file(const char *name, const char *suffix, const char *mode)
{
        char path[4096];
        FILE *f;

        snprintf(path, sizeof(path), "%s%s", name, suffix);
        f = fopen(path, mode);
        if (!f) {
                perror(path);
                exit(1);
        }
        return f;
}

static void close_file(FILE *f)
{
        bool bad = ferror(f) != 0;

        if (fclose(f) != 0 || bad) {
                perror("make-logs");
                exit(1);
        }
}

static int compare(const void *a, const void *b)
{
        return baseline_compare(a, b);
}

static struct span copy(struct span text)
{
        return span_of(memcpy(malloc(text.len), text.data, text.len), text.len);
}

/* The files of the story's own log, and those of ours. */
static size_t list_files(struct baseline_entry *entries, unsigned long files, const struct alias_mount *mounts, unsigned mount_count)
{
        struct ima_reader reader = ima_reader_on(story.evidence.members[EVIDENCE_IMA], ALG_SHA1);
        char name[ALIAS_NAME_BYTES], text[BASELINE_DIGEST_BYTES];
        struct span digest;
        size_t count = 0;

        while (!ima_done(&reader)) {
                struct ima_entry e;

                assert(ima_next(&reader, &e) == ERR_OK);
                if (!enroll_file(&e, text, &digest))
                        continue;
                assert(alias_name(mounts, mount_count, e.path, name, &entries[count].name) == ERR_OK);
                entries[count].name = copy(entries[count].name);
                entries[count++].digest = copy(digest);
        }
        for (unsigned long i = 0; i < files; i++) {
                char path[160];
                struct digest hash;

                name_of(i, path, sizeof(path));
                hash_of(i, &hash);
                assert(alias_name(mounts, mount_count, span_of_str(path), name, &entries[count].name) == ERR_OK);
                entries[count].name = copy(entries[count].name);
                entries[count++].digest = copy(baseline_digest_text(span_of_str("sha256"), digest_span(&hash), text));
        }
        qsort(entries, count, sizeof(*entries), compare);
        return count;
}

static void write_baseline(const char *name, unsigned long files)
{
        static struct alias_mount mounts[ALIAS_MOUNTS_MAX];
        static struct baseline enrolled;
        struct baseline_entry *entries = calloc(files + 64, sizeof(*entries));
        size_t size = 256 * (files + 4096), count;
        struct json_writer w = json_writer_on(malloc(size), size);
        FILE *out = open_file(name, ".json", "w");
        unsigned mount_count;
        struct span text;

        judge.evidence = story.evidence;
        judge.nonce = story_nonce();
        if (judge_evidence(&judge) != JUDGE_TRUSTED) {
                fprintf(stderr, "make-logs: the story is not trusted: %s\n", reason_name(judge.reasons.kept[0].code));
                exit(1);
        }
        assert(enroll_mounts(&judge, mounts, &mount_count) == ERR_OK);
        assert(enroll_baseline(&judge, mounts, mount_count, &enrolled) == ERR_OK);
        count = list_files(entries, files, mounts, mount_count);
        baseline_write(&w, &enrolled, entries, count);
        assert(json_writer_result(&w, &text) == ERR_OK);
        fwrite(text.data, 1, text.len, out);
        fputc('\n', out);
        close_file(out);
}

static void write_tar(const char *name)
{
        static uint8_t buf[1024 * 1024];
        uint8_t block[EVIDENCE_BLOCK_BYTES] = { 0 };
        FILE *out = open_file(name, ".tar", "w"), *ima = open_file(name, ".ima", "r");
        struct span tar;
        uint64_t size;
        size_t n;

        fseek(ima, 0, SEEK_END);
        size = (uint64_t)ftell(ima);
        rewind(ima);
        story.evidence.members[EVIDENCE_IMA] = span_of(NULL, 0);
        assert(evidence_write(&story.evidence, 0, buf, sizeof(buf), &tar) == ERR_OK);
        fwrite(tar.data, 1, tar.len - 2 * EVIDENCE_BLOCK_BYTES, out);
        assert(evidence_write_header(EVIDENCE_IMA, size, 0, block) == ERR_OK);
        fwrite(block, 1, sizeof(block), out);
        while ((n = fread(buf, 1, sizeof(buf), ima)) > 0)
                fwrite(buf, 1, n, out);
        memset(block, 0, sizeof(block));
        fwrite(block, 1, (size_t)(evidence_padded(size) - size), out);
        fwrite(block, 1, sizeof(block), out);
        fwrite(block, 1, sizeof(block), out);
        fclose(ima);
        close_file(out);
}

int main(int argc, char **argv)
{
        unsigned long count = argc > 2 ? strtoul(argv[2], NULL, 10) : 0, files = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;
        bool sha384 = argc > 4;
        struct span log;
        FILE *out;

        if (files == 0) {
                fputs("usage: make-logs NAME ENTRIES FILES [sha384]\n", stderr);
                return 2;
        }
        story_begin(&story);
        story_run(&story);
        if (!sha384)
                story.pcrs[ALG_SHA384].pcrs = 0;
        story_quote(&story);
        log = story.evidence.members[EVIDENCE_IMA];
        write_baseline(argv[1], files);
        out = open_file(argv[1], ".ima", "w");
        fwrite(log.data, 1, log.len, out);
        for (unsigned long i = 0; i < count; i++)
                add_entry(i * PRIME % files, sha384, out);
        close_file(out);
        story_quote(&story);
        write_tar(argv[1]);
        out = open_file(argv[1], ".pcrs", "w");
        for (unsigned pcr = 0; pcr < QUOTE_PCRS; pcr++) {
                fprintf(out, "PCR-%02u: ", pcr);
                for (unsigned i = 0; i < 32; i++)
                        fprintf(out, "%02x", story.pcrs[ALG_SHA256].values[pcr].bytes[i]);
                fputc('\n', out);
        }
        close_file(out);
        return 0;
}
