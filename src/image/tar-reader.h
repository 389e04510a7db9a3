/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

#include "basic/diag.h"

/* Reads a tar archive (ustar, pax, GNU): the only user of libarchive, and only of its tar reader. Nothing
 * that it gives has been judged: names, numbers and sizes are the archive's. */

typedef enum TarType {
        TAR_REGULAR,
        TAR_DIRECTORY,
        TAR_SYMLINK,
        TAR_HARDLINK,
        TAR_FIFO,
        TAR_DEVICE,
        TAR_OTHER,
} TarType;

typedef struct TarEntry {
        TarType type;
        const char *path;  /* borrowed until the next entry */
        const char *link;  /* target of a symlink or hard link */
        mode_t mode;       /* 07777 */
        int64_t uid, gid, size;
        struct timespec mtime;
} TarEntry;

typedef struct TarReader TarReader;

/* As pipe_source_read(). */
typedef int (*TarSource)(void *userdata, const void **ret, size_t *ret_size);

int tar_reader_new(TarSource source, void *userdata, TarReader **ret);
TarReader *tar_reader_free(TarReader *t);
DEFINE_POINTER_CLEANUP(TarReader *, tar_reader_free)

/* 1; 0: the end marker was read, and what follows it up to the end of the stream; -EBADMSG with diag. */
int tar_reader_next(TarReader *t, TarEntry *ret, Diag *diag);

/* The next piece of the entry's contents, from offset; pieces do not overlap, and what lies between is
 * zero. */
typedef struct TarData {
        const void *data;
        size_t size;
        uint64_t offset;
} TarData;
int tar_reader_data(TarReader *t, TarData *ret, Diag *diag);

/* The entry's extended attributes, one a call; 1, 0: no more. ACLs come as system.posix_acl_access and
 * _default in the kernel's form, -EBADMSG if they name users or groups without number. */
typedef struct TarXattr {
        const char *name;
        const void *value;
        size_t size;
} TarXattr;
int tar_reader_xattr(TarReader *t, TarXattr *ret, Diag *diag);
