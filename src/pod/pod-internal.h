/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/types.h>

#include "pod/pod.h"

/* What the files of this folder share and nobody else sees. */

typedef enum PodHeld {
        POD_HELD_NOTHING,
        POD_HELD_SHARED,
        POD_HELD_EXCLUSIVE,
} PodHeld;

struct Pod {
        int data_dir_fd; /* borrowed */
        int fd;
        PodPhase phase;  /* where it was when last looked at */
        PodHeld held;
        dev_t dev;       /* of the directory */
        ino_t ino;
        char uuid[UUID_STRING_MAX];
};

/* "pods/run/UUID" needs no more. */
#define POD_PATH_MAX 64
typedef struct PodPath {
        char s[POD_PATH_MAX];
} PodPath;
PodPath pod_path_in(const Pod *p, PodPhase phase);

/* Opens a whole UUID, looking from the given phase on. -ENOENT. */
int pod_open_uuid(int data_dir_fd, const char *uuid, PodPhase from, Pod **ret);
/* Finds out which phase the open directory is in now. -ENOENT: gone. */
int pod_follow(Pod *p);

/* A small file of the pod's directory as a string without its final newline. -ENOENT, -EFBIG. */
int pod_read_word(const Pod *p, const char *name, char **ret);
/* Creates a file that was not there (-EEXIST), with no more care than a pod in the making needs. */
int pod_write_new(int dir_fd, const char *name, const void *data, size_t size);

/* Absolute path of the pod's directory, the caller's; NULL: out of memory. */
char *pod_absolute_path(const char *data_dir, const Pod *p);
int pod_uses_overlay(const Pod *p); /* 1, 0, negative errno */

/* Of the directories below overlay/TREE/upper and …/work, that of stage1. */
#define POD_STAGE1_LAYER "stage1"
/* The directory in which what stage1 writes to its root is found, mounted or not. O_PATH. -ENOENT: not
 * mounted yet. */
int pod_open_stage1_files(const Pod *p, int *ret_fd);
