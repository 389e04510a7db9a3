/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "basic/fs-util.h"
#include "basic/lock.h"
#include "basic/strv.h"
#include "basic/uuid.h"
#include "image/store.h"

/* What the parts of the store share: its open directories, the lock of one image, the index entries
 * (index.c), trees (tree.c) and staging (staging.c). Nobody outside image/ includes this. */

#define STORE_SUFFIX_MAX 17 /* a random name, with NUL */
#define TREE_ASIDE '~'      /* cas/tree/ID~RANDOM: see tree_publish() */

struct ImageStore {
        int data_fd;     /* borrowed */
        int cas_fd;
        int index_fd;
        char boot_id[UUID_STRING_MAX]; /* "" until asked for */
};

/* This boot's id, from the kernel. */
int store_boot_id(ImageStore *s, const char **ret);

/* The lock of one image id, held while ret_fd is open: whoever publishes, renders or removes it. */
int store_lock_image(ImageStore *s, const char *id, bool wait, int *ret_fd);

/* "cas/blob/XX/ID" relative to cas_fd, the caller's. make_dir: creates XX. */
int store_blob_path(ImageStore *s, const char *id, bool make_dir, char **ret);

int store_open_blob(ImageStore *s, const char *id, int *ret_fd);

int store_random_name(char ret[STORE_SUFFIX_MAX]);

/* Staging: a directory of its own below cas/tmp, locked while ret_fd is open; unlocked ones are garbage. */
int store_staging_new(ImageStore *s, char **ret_name, int *ret_fd, Diag *diag);
/* Removes the staging directory and all in it. */
void store_staging_remove(ImageStore *s, const char *name);
/* Removes every entry of cas/tmp that nobody has locked. */
int store_staging_sweep(ImageStore *s);
/* Moves cas/DIR/NAME to a fresh name in cas/tmp, from where it is removed. 0 also if it is not there. */
int store_trash(ImageStore *s, const char *dir, const char *name);

/* One image's index entry: cas/index/ID, with the manifest beside it in cas/index/ID.manifest. */
typedef struct IndexEntry {
        ImageInfo info;
        uint64_t manifest_size;
        char *boot;          /* boot id at import */
        usec_t boot_time;    /* CLOCK_BOOTTIME at import */
} IndexEntry;

void index_entry_done(IndexEntry *e);
/* -ENOENT: not there; -EBADMSG: damaged (a power cut), as good as not there. */
int index_read(ImageStore *s, const char *id, IndexEntry *ret);
/* Writes it whole; keep_time: last_used is put back as it is in the entry, else it becomes now. */
int index_write(ImageStore *s, const IndexEntry *e, bool keep_time);
int index_write_manifest(ImageStore *s, const char *id, const char *text, size_t size);
/* The entry first: it is what makes the image exist. */
int index_remove(ImageStore *s, const char *id);
/* A strv that grows by doubling: strv_extend() would walk it for each of ten thousand images. */
typedef struct IdList {
        char **ids;
        size_t n, allocated;
} IdList;

void id_list_done(IdList *l);
int id_list_add(IdList *l, const char *id);

/* Ids of all entries, damaged ones too. */
int index_list_ids(ImageStore *s, char ***ret);

/* What a rendered tree's files besides manifest and rootfs say. */
typedef struct TreeMarks {
        const char *id;
        const char *hash; /* hex */
} TreeMarks;

/* Into a tree still in staging. "rendered" comes last. */
int tree_write_marks(ImageStore *s, int tree_fd, const TreeMarks *m);
/* Publishes the staged tree NAME below staging_fd as cas/tree/ID, unless a good one is there (0 then,
 * too). A bad one goes; if pods use it, only out of the way: their mounts need it until gc finds it
 * unused. */
int tree_publish(ImageStore *s, const char *id, int staging_fd, const char *name);
/* Removes cas/tree/ID. 1: done; 0: it was not there; -EBUSY: somebody holds its lock. */
int tree_discard(ImageStore *s, const char *id);
/* Flushes the file system and marks the unsynced trees of this boot as synced. */
int tree_sync_all(ImageStore *s);
/* 1: all of it is on disk; 0: only this boot knows; -ESTALE: another boot left it unsynced; -ENOENT, … */
int tree_mark_state(ImageStore *s, const char *tree_name);
/* Sizes of manifest and the mark files plus rootfs_bytes: what image lists count. */
int tree_add_mark_sizes(int tree_fd, uint64_t rootfs_bytes, uint64_t *ret);

/* strv of the tree ids that pods below the data directory name. */
int store_trees_in_use(ImageStore *s, char ***ret);
