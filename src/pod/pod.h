/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "appc/pod-manifest.h"
#include "basic/strv.h"
#include "basic/time-util.h"
#include "basic/uuid.h"
#include "pod/phase.h"

/* One pod, by an fd of its directory. The directory's lock is what says that somebody works on it or that it
 * runs; nothing is ever concluded from a pid. */

typedef struct Pod Pod;

/* create: makes the directories of all phases (root). */
int pods_init(int data_dir_fd, Diag *diag);

/* A new one, in phase prepare, locked exclusively by the returned object. */
int pod_new(int data_dir_fd, Pod **ret, Diag *diag);
/* By UUID or unique prefix (at least 2 characters), in any phase: -ENOENT `no matches found for "X"`, -ENOTUNIQ,
 * -EINVAL "UUID cannot be empty". */
int pod_open(int data_dir_fd, const char *uuid_prefix, Pod **ret, Diag *diag);
Pod *pod_close(Pod *p);
DEFINE_POINTER_CLEANUP(Pod *, pod_close)

const char *pod_uuid(const Pod *p);
int pod_fd(const Pod *p);           /* borrowed */
PodPhase pod_phase(const Pod *p);
/* Looks again: follows a rename by others, tests the lock. -ENOENT: gone. */
int pod_refresh(Pod *p, PodState *ret);
/* "pods/run/UUID", relative to the data directory; the caller's. */
int pod_path(const Pod *p, char **ret);

/* Takes the lock; -EBUSY if somebody has it. */
int pod_lock_exclusive(Pod *p, Diag *diag);
/* Renames it to another phase by the table; -EINVAL if the table has no such arrow, -ESTALE if somebody else
 * moved it first, -ENOLCK if the arrow needs the lock and we do not hold it. */
int pod_transition(Pod *p, PodPhase to, Diag *diag);

int pod_load_manifest(Pod *p, PodManifest **ret, Diag *diag);
/* Calls f for every pod in every phase; tolerates pods that move or vanish meanwhile. */
int pods_foreach(int data_dir_fd, int (*f)(Pod *p, PodState state, void *userdata), void *userdata);
/* Ids of all trees that pods refer to (apps and stage1), sorted, unique. */
int pods_trees_in_use(int data_dir_fd, char ***ret);
