/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory that mbedtls asks for while it verifies a signature, in place of libc's allocator: one block of fixed size, so that nothing can make
 * the program take more. Only the boot program has it; its state is global because the interface, calloc() and free(), has no place for any.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define HEAP_BYTES (256u * 1024)
#define ALIGN 16u

/* Before each block: its size with this header, a multiple of ALIGN. Blocks lie one behind the other and fill the heap. */
struct block {
        _Alignas(ALIGN) uint32_t size;
        bool used;
};

static _Alignas(ALIGN) uint8_t heap[HEAP_BYTES];
static bool begun;

static struct block *block_at(size_t offset)
{
        return (struct block *)(void *)(heap + offset);
}

/* Take in all free blocks behind a free one. */
static void merge(struct block *b, size_t offset)
{
        while (offset + b->size < HEAP_BYTES && !block_at(offset + b->size)->used)
                b->size += block_at(offset + b->size)->size;
}

/* First fit. */
static void *take(uint32_t size)
{
        for (size_t offset = 0; offset < HEAP_BYTES; offset += block_at(offset)->size) {
                struct block *b = block_at(offset);

                if (b->used)
                        continue;
                merge(b, offset);
                if (b->size < size)
                        continue;
                if (b->size > size)
                        *block_at(offset + size) = (struct block){ .size = b->size - size };
                *b = (struct block){ .size = size, .used = true };
                return b + 1;
        }
        return NULL;
}

void *calloc(size_t count, size_t size)
{
        void *result;

        if (!begun) {
                *block_at(0) = (struct block){ .size = HEAP_BYTES };
                begun = true;
        }
        if (size != 0 && count > (HEAP_BYTES - sizeof(struct block)) / size)
                return NULL;
        result = take((uint32_t)((count * size + sizeof(struct block) + ALIGN - 1) / ALIGN * ALIGN));
        if (result)
                memset(result, 0, count * size);
        return result;
}

void free(void *p)
{
        if (p)
                ((struct block *)p - 1)->used = false;
}
