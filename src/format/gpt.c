/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a GUID partition table the way the kernel chooses between its two copies, but refuses what the kernel lets pass. */
#include "format/gpt.h"

#include "base/crc.h"
#include "base/reader.h"

/* Header offsets (UEFI 2.10 table 5-5). */
#define HEADER_REVISION 8
#define HEADER_SIZE 12
#define HEADER_CRC 16
#define HEADER_MY_LBA 24
#define HEADER_ALTERNATE_LBA 32
#define HEADER_FIRST_USABLE 40
#define HEADER_LAST_USABLE 48
#define HEADER_DISK_GUID 56
#define HEADER_ENTRIES_LBA 72
#define HEADER_ENTRY_COUNT 80
#define HEADER_ENTRY_SIZE 84
#define HEADER_ENTRIES_CRC 88
#define HEADER_BYTES_MIN 92
#define HEADER_REVISION_1_0 0x00010000u
#define PRIMARY_LBA 1
#define BACKUP_BYTES(sector_bytes) (128u * GPT_ENTRY_BYTES + (sector_bytes))

/* Entry offsets (table 5-6). */
#define ENTRY_TYPE 0
#define ENTRY_UNIQUE 16
#define ENTRY_FIRST_LBA 32
#define ENTRY_LAST_LBA 40
#define ENTRY_ATTRIBUTES 48
#define ENTRY_NAME 56
#define ENTRY_NAME_UNITS 36

/* MBR offsets (table 5-1, 5-2). */
#define MBR_BYTES 512
#define MBR_ENTRIES 446
#define MBR_ENTRY_BYTES 16
#define MBR_ENTRY_COUNT 4
#define MBR_ENTRY_TYPE 4
#define MBR_ENTRY_FIRST_LBA 8
#define MBR_SIGNATURE 510
#define MBR_TYPE_GPT 0xee

/* One of the two copies. */
struct copy {
        enum err error; /* the rest is set only when this is ERR_OK */
        uint64_t my_lba;
        uint64_t alternate_lba;
        uint64_t first_usable_lba;
        uint64_t last_usable_lba;
        uint64_t entries_lba;
        uint32_t entry_count;
        uint32_t entries_crc;
        uint8_t disk_guid[GUID_BYTES];
        struct span entries;
        bool same_entries; /* byte for byte those of the copy that was read before */
};

static bool has_signature(struct span sector)
{
        return span_equal_str(span_sub(sector, 0, 8), "EFI PART");
}

static enum gpt_mbr classify_mbr(struct span sector)
{
        unsigned protective = 0, others = 0;

        if (reader_at_u16le(sector, MBR_SIGNATURE) != 0xaa55)
                return GPT_MBR_NONE;
        for (size_t i = 0; i < MBR_ENTRY_COUNT; i++) {
                struct span entry = span_sub(sector, MBR_ENTRIES + i * MBR_ENTRY_BYTES, MBR_ENTRY_BYTES);
                uint8_t type = reader_at_u8(entry, MBR_ENTRY_TYPE);

                if (type == MBR_TYPE_GPT && reader_at_u32le(entry, MBR_ENTRY_FIRST_LBA) == PRIMARY_LBA)
                        protective++;
                else if (type != 0)
                        others++;
        }
        if (protective == 0)
                return others ? GPT_MBR_FOREIGN : GPT_MBR_NONE;
        return protective == 1 && others == 0 ? GPT_MBR_PROTECTIVE : GPT_MBR_HYBRID;
}

/* The checksum of the header with its own field counted as zero. */
static uint32_t header_crc(struct span header)
{
        static const uint8_t zero[4];
        uint32_t crc = crc_update_32(CRC_START, span_sub(header, 0, HEADER_CRC));

        crc = crc_update_32(crc, span_of(zero, sizeof(zero)));
        return ~crc_update_32(crc, span_sub(header, HEADER_CRC + 4, header.len - HEADER_CRC - 4));
}

static bool ranges_touch(uint64_t first_a, uint64_t last_a, uint64_t first_b, uint64_t last_b)
{
        return first_a <= last_b && first_b <= last_a;
}

/* Where the fields say that things are: inside the disk, and apart from each other. */
static enum err check_geometry(const struct copy *c, uint64_t last_lba, uint32_t sector_bytes)
{
        uint64_t blocks = ((uint64_t)c->entry_count * GPT_ENTRY_BYTES + sector_bytes - 1) / sector_bytes;
        uint64_t entries_last = c->entries_lba + blocks - 1;

        if (c->alternate_lba == c->my_lba || c->alternate_lba == 0 || c->alternate_lba > last_lba)
                return ERR_GPT_ALTERNATE_LBA;
        if (c->first_usable_lba > c->last_usable_lba || c->first_usable_lba <= PRIMARY_LBA || c->last_usable_lba > last_lba ||
            ranges_touch(c->first_usable_lba, c->last_usable_lba, c->my_lba, c->my_lba) ||
            ranges_touch(c->first_usable_lba, c->last_usable_lba, c->alternate_lba, c->alternate_lba))
                return ERR_GPT_USABLE;
        if (c->entries_lba <= PRIMARY_LBA || c->entries_lba > last_lba || blocks > last_lba - c->entries_lba + 1 ||
            ranges_touch(c->entries_lba, entries_last, c->my_lba, c->my_lba) ||
            ranges_touch(c->entries_lba, entries_last, c->alternate_lba, c->alternate_lba) ||
            ranges_touch(c->entries_lba, entries_last, c->first_usable_lba, c->last_usable_lba))
                return ERR_GPT_ENTRIES_LBA;
        return ERR_OK;
}

static enum err parse_header(struct span sector, uint64_t lba, uint64_t last_lba, struct copy *ret_copy)
{
        struct copy c = { .error = ERR_OK };
        uint32_t size = reader_at_u32le(sector, HEADER_SIZE);

        if (!has_signature(sector))
                return ERR_GPT_SIGNATURE;
        if (size < HEADER_BYTES_MIN || size > sector.len)
                return ERR_GPT_HEADER_SIZE;
        if (reader_at_u32le(sector, HEADER_CRC) != header_crc(span_sub(sector, 0, size)))
                return ERR_GPT_HEADER_CRC;
        if (reader_at_u32le(sector, HEADER_REVISION) != HEADER_REVISION_1_0)
                return ERR_GPT_REVISION;
        c.my_lba = reader_at_u64le(sector, HEADER_MY_LBA);
        if (c.my_lba != lba)
                return ERR_GPT_MY_LBA;
        if (reader_at_u32le(sector, HEADER_ENTRY_SIZE) != GPT_ENTRY_BYTES)
                return ERR_GPT_ENTRY_SIZE;
        c.entry_count = reader_at_u32le(sector, HEADER_ENTRY_COUNT);
        if (c.entry_count == 0 || c.entry_count > GPT_ENTRIES_MAX)
                return ERR_GPT_ENTRY_COUNT;
        c.alternate_lba = reader_at_u64le(sector, HEADER_ALTERNATE_LBA);
        c.first_usable_lba = reader_at_u64le(sector, HEADER_FIRST_USABLE);
        c.last_usable_lba = reader_at_u64le(sector, HEADER_LAST_USABLE);
        c.entries_lba = reader_at_u64le(sector, HEADER_ENTRIES_LBA);
        c.entries_crc = reader_at_u32le(sector, HEADER_ENTRIES_CRC);
        TRY(check_geometry(&c, last_lba, (uint32_t)sector.len));
        memcpy(c.disk_guid, sector.data + HEADER_DISK_GUID, GUID_BYTES);
        *ret_copy = c;
        return ERR_OK;
}

/* Read the entries of a parsed header. same_as is a good copy: bytes equal to it with the same checksum need not be summed again. */
static enum err read_entries(const struct source *disk, struct copy *c, const struct copy *same_as, uint8_t *work)
{
        size_t len = (size_t)c->entry_count * GPT_ENTRY_BYTES;
        struct span entries = span_of(work, len);

        TRY(source_read(disk, c->entries_lba * disk->sector_bytes, len, work));
        c->same_entries = same_as && span_equal(same_as->entries, entries);
        if (!(c->same_entries && same_as->entries_crc == c->entries_crc) && ~crc_update_32(CRC_START, entries) != c->entries_crc)
                return ERR_GPT_ENTRIES_CRC;
        c->entries = entries;
        return ERR_OK;
}

/* A copy is good or carries its error. work has room for a sector and the entries, which stay there. */
static void read_copy(const struct source *disk, uint64_t lba, const struct copy *same_as, uint8_t *work, struct copy *ret_copy)
{
        enum err e = source_read(disk, lba * disk->sector_bytes, disk->sector_bytes, work);

        if (e == ERR_OK)
                e = parse_header(span_of(work, disk->sector_bytes), lba, disk->size_bytes / disk->sector_bytes - 1, ret_copy);
        if (e == ERR_OK)
                e = read_entries(disk, ret_copy, same_as, work + GPT_SECTOR_BYTES_MAX);
        ret_copy->error = e;
}

static bool same_contents(const struct copy *primary, const struct copy *backup)
{
        return primary->first_usable_lba == backup->first_usable_lba && primary->last_usable_lba == backup->last_usable_lba &&
               memcmp(primary->disk_guid, backup->disk_guid, GUID_BYTES) == 0 && backup->same_entries;
}

static struct span entry_at(const struct copy *c, uint32_t slot)
{
        return span_sub(c->entries, (uint64_t)slot * GPT_ENTRY_BYTES, GPT_ENTRY_BYTES);
}

static bool entry_is_used(struct span entry)
{
        return !span_is_zero(span_sub(entry, ENTRY_TYPE, GUID_BYTES));
}

static enum err check_entries(const struct copy *c)
{
        for (uint32_t i = 0; i < c->entry_count; i++) {
                struct span entry = entry_at(c, i);
                uint64_t first = reader_at_u64le(entry, ENTRY_FIRST_LBA);
                uint64_t last = reader_at_u64le(entry, ENTRY_LAST_LBA);

                if (!entry_is_used(entry))
                        continue;
                if (last < first)
                        return ERR_GPT_ENTRY_ORDER;
                if (first < c->first_usable_lba || last > c->last_usable_lba)
                        return ERR_GPT_ENTRY_RANGE;
        }
        return ERR_OK;
}

static size_t put_utf8(uint32_t code, char *at)
{
        size_t len = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
        static const uint8_t lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

        for (size_t i = len - 1; i > 0; i--, code >>= 6)
                at[i] = (char)(0x80 | (code & 0x3f));
        at[0] = (char)(lead[len] | code);
        return len;
}

/* A surrogate pair takes two units for its four bytes, every other unit gives at most three: GPT_NAME_BYTES is enough. */
static void decode_name(struct span units, char *ret_name, bool *ret_odd)
{
        bool odd = false;
        size_t i = 0, len = 0;

        for (; i < ENTRY_NAME_UNITS && reader_at_u16le(units, 2 * i) != 0; i++) {
                uint32_t code = reader_at_u16le(units, 2 * i);
                uint32_t next = i + 1 < ENTRY_NAME_UNITS ? reader_at_u16le(units, 2 * i + 2) : 0;

                if (code >= 0xd800 && code <= 0xdbff && next >= 0xdc00 && next <= 0xdfff) {
                        code = 0x10000 + ((code - 0xd800) << 10) + (next - 0xdc00);
                        i++;
                } else if (code >= 0xd800 && code <= 0xdfff) {
                        code = 0xfffd;
                        odd = true;
                }
                len += put_utf8(code, ret_name + len);
        }
        ret_name[len] = '\0';
        *ret_odd = odd || !span_is_zero(span_sub(units, 2 * i, units.len - 2 * i));
}

static void fill_entry(struct span bytes, uint32_t number, struct gpt_entry *ret_entry)
{
        ret_entry->number = number;
        memcpy(ret_entry->type, bytes.data + ENTRY_TYPE, GUID_BYTES);
        memcpy(ret_entry->unique, bytes.data + ENTRY_UNIQUE, GUID_BYTES);
        ret_entry->first_lba = reader_at_u64le(bytes, ENTRY_FIRST_LBA);
        ret_entry->last_lba = reader_at_u64le(bytes, ENTRY_LAST_LBA);
        ret_entry->attributes = reader_at_u64le(bytes, ENTRY_ATTRIBUTES);
        decode_name(span_sub(bytes, ENTRY_NAME, 2 * ENTRY_NAME_UNITS), ret_entry->name, &ret_entry->name_odd);
}

static void compare_entries(struct gpt *gpt)
{
        for (uint32_t i = 0; i < gpt->table.count; i++)
                for (uint32_t k = 0; k < i; k++) {
                        const struct gpt_entry *a = &gpt->entries[i], *b = &gpt->entries[k];

                        gpt->table.overlaps |= ranges_touch(a->first_lba, a->last_lba, b->first_lba, b->last_lba);
                        gpt->table.duplicate_guids |= memcmp(a->unique, b->unique, GUID_BYTES) == 0;
                }
}

static enum gpt_state state_of(const struct copy *primary, const struct copy *backup)
{
        if (primary->error != ERR_OK)
                return GPT_PRIMARY_BAD;
        if (backup->error != ERR_OK)
                return GPT_BACKUP_BAD;
        return same_contents(primary, backup) ? GPT_BOTH : GPT_BACKUP_DIFFERS;
}

static void fill(const struct copy *used, struct gpt *ret_gpt)
{
        struct gpt_table *t = &ret_gpt->table;

        t->first_usable_lba = used->first_usable_lba;
        t->last_usable_lba = used->last_usable_lba;
        t->backup_lba = used->my_lba == PRIMARY_LBA ? used->alternate_lba : used->my_lba;
        t->entry_slots = used->entry_count;
        memcpy(t->disk_guid, used->disk_guid, GUID_BYTES);
        for (uint32_t i = 0; i < used->entry_count; i++)
                if (entry_is_used(entry_at(used, i)))
                        fill_entry(entry_at(used, i), i + 1, &ret_gpt->entries[t->count++]);
        compare_entries(ret_gpt);
}

/* Why there is no table: absent when nothing at all speaks of one, else the primary's reason unless only the backup has one. */
static enum err reason_of(enum gpt_mbr mbr, const struct copy *primary, const struct copy *backup)
{
        if (primary->error != ERR_GPT_SIGNATURE)
                return primary->error;
        if (backup->error != ERR_GPT_SIGNATURE)
                return backup->error;
        return mbr == GPT_MBR_PROTECTIVE || mbr == GPT_MBR_HYBRID ? ERR_GPT_SIGNATURE : ERR_GPT_NONE;
}

enum err gpt_read(const struct source *disk, uint8_t *work, struct gpt *ret_gpt)
{
        uint32_t sector_bytes = disk->sector_bytes;
        struct copy primary = { 0 }, backup = { 0 };

        if (sector_bytes < MBR_BYTES || sector_bytes > GPT_SECTOR_BYTES_MAX || (sector_bytes & (sector_bytes - 1)) != 0)
                return ERR_GPT_SECTOR_SIZE;
        if (disk->size_bytes / sector_bytes <= PRIMARY_LBA + 1)
                return ERR_GPT_NONE;
        /* the backup is at the other end of the disk, in most cases with as many entries as this */
        source_expect(disk, disk->size_bytes - BACKUP_BYTES(sector_bytes), BACKUP_BYTES(sector_bytes));
        TRY(source_read(disk, 0, MBR_BYTES, work));
        enum gpt_mbr mbr = classify_mbr(span_of(work, MBR_BYTES));

        read_copy(disk, PRIMARY_LBA, NULL, work, &primary);
        bool primary_good = primary.error == ERR_OK;

        read_copy(disk, primary_good ? primary.alternate_lba : disk->size_bytes / sector_bytes - 1, primary_good ? &primary : NULL,
                  work + GPT_WORK_BYTES / 2, &backup);
        if (!primary_good && backup.error != ERR_OK)
                return reason_of(mbr, &primary, &backup);
        TRY(check_entries(primary_good ? &primary : &backup));
        ret_gpt->table = (struct gpt_table){ .mbr = mbr, .state = state_of(&primary, &backup), .primary_error = primary.error,
                                             .backup_error = backup.error, .sector_bytes = sector_bytes };
        fill(primary_good ? &primary : &backup, ret_gpt);
        return ERR_OK;
}
