/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests: their order, exceptions and limits, and that each member of an entry counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "storage/manifest.h"

static struct manifest_entry entry_of(const char *path, char type)
{
        return (struct manifest_entry){ .path = span_of_str(path), .type = type, .mode = 0644, .size_bytes = type == 'f' ? 5 : 0 };
}

static enum err digest_entries(const struct policy_walk *walk, const struct manifest_entry *entries, size_t count, struct digest *ret)
{
        static struct manifest m;

        manifest_begin(&m, walk);
        for (size_t i = 0; i < count; i++)
                TRY(manifest_add(&m, &entries[i]));
        return manifest_end(&m, ret);
}

static void test_order(void **state)
{
        static const char *const ascending[] = { "/", "/a", "/a/b", "/a/b/c", "/a-b", "/a.b", "/b" };

        (void)state;
        for (size_t i = 0; i < sizeof(ascending) / sizeof(ascending[0]); i++)
                for (size_t k = 0; k < sizeof(ascending) / sizeof(ascending[0]); k++) {
                        int order = manifest_compare_paths(span_of_str(ascending[i]), span_of_str(ascending[k]));

                        assert_int_equal(order < 0, i < k);
                        assert_int_equal(order == 0, i == k);
                }
}

static void test_out_of_order(void **state)
{
        const struct policy_walk walk = { 0 };
        const struct manifest_entry swapped[] = { entry_of("/", 'd'), entry_of("/b", 'f'), entry_of("/a", 'f') };
        const struct manifest_entry twice[] = { entry_of("/a", 'f'), entry_of("/a", 'f') };
        struct digest digest = { .alg = ALG_SHA512 };

        (void)state;
        assert_int_equal(digest_entries(&walk, swapped, 3, &digest), ERR_MANIFEST_ORDER);
        assert_int_equal(digest_entries(&walk, twice, 2, &digest), ERR_MANIFEST_ORDER);
        assert_int_equal(digest.alg, ALG_SHA512);
}

static void test_paths(void **state)
{
        static char longest[MANIFEST_PATH_MAX + 2];
        const struct policy_walk walk = { 0 };
        struct manifest_entry entry = entry_of("a", 'f');
        struct digest digest;

        (void)state;
        assert_int_equal(digest_entries(&walk, &entry, 1, &digest), ERR_MANIFEST_PATH);
        entry.path = span_of_str("");
        assert_int_equal(digest_entries(&walk, &entry, 1, &digest), ERR_MANIFEST_PATH);
        memset(longest, 1, sizeof(longest));
        longest[0] = '/';
        entry.path = span_of(longest, MANIFEST_PATH_MAX);
        assert_int_equal(digest_entries(&walk, &entry, 1, &digest), ERR_OK);
        memset(longest + 1, 0xff, sizeof(longest) - 1);
        assert_int_equal(digest_entries(&walk, &entry, 1, &digest), ERR_OK);
        entry.path = span_of(longest, MANIFEST_PATH_MAX + 1);
        assert_int_equal(digest_entries(&walk, &entry, 1, &digest), ERR_MANIFEST_PATH);
}

static void test_every_member_counts(void **state)
{
        const struct policy_walk walk = { 0 };
        const struct manifest_entry good = entry_of("/bin/agent", 'f');
        struct manifest_entry changed[9];
        struct digest first, other;

        (void)state;
        for (size_t i = 0; i < 9; i++)
                changed[i] = good;
        changed[0].path = span_of_str("/bin/agen");
        changed[1].type = 'l';
        changed[2].mode = 0755;
        changed[3].uid = 1;
        changed[4].gid = 1;
        changed[5].size_bytes = 6;
        changed[6].major = 1;
        changed[7].minor = 1;
        changed[8].sha256[31] = 1;
        assert_int_equal(digest_entries(&walk, &good, 1, &first), ERR_OK);
        for (size_t i = 0; i < 9; i++) {
                assert_int_equal(digest_entries(&walk, &changed[i], 1, &other), ERR_OK);
                assert_false(span_equal(digest_span(&first), digest_span(&other)));
        }
}

/* The digest of a known list, computed with python3: hashlib.sha256(b'["/","d",493,…]["/a","f",420,…]').hexdigest(). */
static void test_known_digest(void **state)
{
        static const char text[] =
                "[\"/\",\"d\",493,0,0,0,0,0,\"0000000000000000000000000000000000000000000000000000000000000000\"]"
                "[\"/a\",\"f\",420,0,0,5,0,0,\"0000000000000000000000000000000000000000000000000000000000000000\"]";
        const struct policy_walk walk = { 0 };
        struct manifest_entry entries[] = { entry_of("/", 'd'), entry_of("/a", 'f') };
        struct digest ours, expected;

        (void)state;
        entries[0].mode = 0755;
        assert_int_equal(digest_entries(&walk, entries, 2, &ours), ERR_OK);
        digest_of(ALG_SHA256, span_of_str(text), &expected);
        assert_true(span_equal(digest_span(&ours), digest_span(&expected)));
}

static void test_lost_and_found(void **state)
{
        const struct policy_walk walk = { 0 };
        const struct manifest_entry with[] = { entry_of("/a", 'f'), entry_of("/lost+found", 'd') };
        const struct manifest_entry hidden[] = { entry_of("/a", 'f'), entry_of("/lost+found", 'd'), entry_of("/lost+found/x", 'f') };
        const struct manifest_entry file[] = { entry_of("/a", 'f'), entry_of("/lost+found", 'f') };
        struct digest bare, other;

        (void)state;
        assert_int_equal(digest_entries(&walk, with, 1, &bare), ERR_OK);
        assert_int_equal(digest_entries(&walk, with, 2, &other), ERR_OK);
        assert_true(span_equal(digest_span(&bare), digest_span(&other)));
        assert_int_equal(digest_entries(&walk, hidden, 3, &other), ERR_OK);
        assert_false(span_equal(digest_span(&bare), digest_span(&other)));
        assert_int_equal(digest_entries(&walk, file, 2, &other), ERR_OK);
        assert_false(span_equal(digest_span(&bare), digest_span(&other)));
}

static void test_limits(void **state)
{
        const struct policy_walk walk = { .max_bytes = 5, .except_count = 1, .except = { { (const uint8_t *)"/grubenv", 8 } } };
        struct manifest_entry entry = entry_of("/a", 'f');
        struct digest digest;

        (void)state;
        assert_int_equal(digest_entries(&walk, &entry, 1, &digest), ERR_OK);
        entry.size_bytes = 6;
        assert_int_equal(digest_entries(&walk, &entry, 1, &digest), ERR_MANIFEST_LARGE);
        assert_true(manifest_excludes(&walk, span_of_str("/grubenv")));
        assert_true(manifest_excludes(&walk, span_of_str("/grubenv/below")));
        assert_false(manifest_excludes(&walk, span_of_str("/grubenv.bak")));
        assert_false(manifest_excludes(&walk, span_of_str("/grub")));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_order),         cmocka_unit_test(test_out_of_order), cmocka_unit_test(test_paths),
                cmocka_unit_test(test_every_member_counts), cmocka_unit_test(test_known_digest), cmocka_unit_test(test_lost_and_found),
                cmocka_unit_test(test_limits),
        };

        return cmocka_run_group_tests_name("manifest", tests, NULL, NULL);
}
