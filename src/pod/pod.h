/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "appc/pod-manifest.h"
#include "basic/lock.h"
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
/* By UUID or unique prefix, in any phase and any case: -ENOENT `no matches found for "X"`, -ENOTUNIQ
 * "ambiguous uuid, N matches", -EINVAL "UUID cannot be empty". */
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

/* Takes the lock; -EBUSY if somebody has it, with what that makes of the pod in diag; -ENOENT: the pod is
 * gone. Others who only test it hold it for moments: those are waited for. The phase is looked up again. */
int pod_lock_exclusive(Pod *p, Diag *diag);
/* The same, shared and without waiting: whoever has it knows that nobody runs, prepares or deletes the
 * pod. */
int pod_lock_shared(Pod *p, Diag *diag);
void pod_unlock(Pod *p);
/* Renames it to another phase by the table in phase.c; -EINVAL if that has no such arrow, -ESTALE if
 * somebody else moved it first, -ENOLCK if the arrow needs a lock that we do not hold. */
int pod_transition(Pod *p, PodPhase to, Diag *diag);

int pod_load_manifest(Pod *p, PodManifest **ret, Diag *diag);
/* Calls f for every pod in every phase, ordered by UUID; tolerates pods that move or vanish meanwhile.
 * -EACCES: not root. */
int pods_foreach(int data_dir_fd, int (*f)(Pod *p, PodState state, void *userdata), void *userdata);
/* Ids of all trees that pods refer to (apps and stage1), sorted, unique. */
int pods_trees_in_use(int data_dir_fd, char ***ret);
/* Pods begin to refer to trees only while they hold this lock shared; whoever removes trees holds it
 * exclusively from before pods_trees_in_use() until after the removal. Waits. ret_fd: close it to release. */
int pods_lock_trees(int data_dir_fd, LockMode mode, int *ret_fd);
