/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "image/inode-map.h"

/* Open addressing with linear probing, at most three quarters full. Values lie in chunks one after the
 * other: a million small allocations would cost more than what they hold. */

#define SLOTS_MIN 256U
#define CHUNK_SIZE (64U * 1024)

typedef struct Slot {
        ino_t ino;
        void *value; /* NULL: free */
        size_t size;
} Slot;

typedef struct Chunk Chunk;
struct Chunk {
        Chunk *next;
        size_t used;
        _Alignas(8) unsigned char data[];
};

struct InodeMap {
        Slot *slots;
        size_t n_slots, n; /* n_slots is a power of two */
        Chunk *chunks;
        size_t chunk_room;
};

int inode_map_new(InodeMap **ret) {
        InodeMap *m = calloc(1, sizeof(InodeMap));

        if (!m)
                return -ENOMEM;

        m->n_slots = SLOTS_MIN;
        m->slots = calloc(m->n_slots, sizeof(Slot));
        if (!m->slots) {
                free(m);
                return -ENOMEM;
        }

        *ret = m;
        return 0;
}

InodeMap *inode_map_free(InodeMap *m) {
        if (!m)
                return NULL;

        while (m->chunks) {
                Chunk *c = m->chunks;
                m->chunks = c->next;
                free(c);
        }

        free(m->slots);
        free(m);
        return NULL;
}

static Slot *find(Slot *slots, size_t n, ino_t ino) {
        size_t i = (size_t) ((uint64_t) ino * 0x9e3779b97f4a7c15ULL >> 20) & (n - 1);

        while (slots[i].value && slots[i].ino != ino)
                i = (i + 1) & (n - 1);

        return &slots[i];
}

static int grow(InodeMap *m) {
        size_t n = m->n_slots * 2;
        Slot *slots;

        slots = calloc(n, sizeof(Slot));
        if (!slots)
                return -ENOMEM;

        for (size_t i = 0; i < m->n_slots; i++)
                if (m->slots[i].value)
                        *find(slots, n, m->slots[i].ino) = m->slots[i];

        free(m->slots);
        m->slots = slots;
        m->n_slots = n;
        return 0;
}

static void *store_value(InodeMap *m, const void *value, size_t size) {
        size_t room = (MAX(size, (size_t) 1) + 7) & ~(size_t) 7;
        void *p;

        if (!m->chunks || m->chunk_room - m->chunks->used < room) {
                size_t n = MAX(room, (size_t) CHUNK_SIZE);
                Chunk *c = malloc(sizeof(Chunk) + n);

                if (!c)
                        return NULL;
                c->used = 0;
                c->next = m->chunks;
                m->chunks = c;
                m->chunk_room = n;
        }

        p = m->chunks->data + m->chunks->used;
        m->chunks->used += room;
        memcpy(p, value, size);
        return p;
}

int inode_map_put(InodeMap *m, ino_t ino, const void *value, size_t size) {
        Slot *s;
        int r;

        if (m->n + 1 > m->n_slots / 4 * 3) {
                r = grow(m);
                if (r < 0)
                        return r;
        }

        s = find(m->slots, m->n_slots, ino);
        if (s->value && s->size == size) {
                memcpy(s->value, value, size);
                return 0;
        }

        void *p = store_value(m, value, size);
        if (!p)
                return -ENOMEM;

        m->n += !s->value;
        *s = (Slot) { .ino = ino, .value = p, .size = size };
        return 0;
}

const void *inode_map_get(const InodeMap *m, ino_t ino) {
        return find(m->slots, m->n_slots, ino)->value;
}
