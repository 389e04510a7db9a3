/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "basic/diag.h"

/* The life of a pod: which directory it is in and whether somebody holds its lock (the seeds' life-cycle
 * document). One table in phase.c has it all; pod_transition() is the only place that renames a pod. */

typedef enum PodPhase {
        POD_PHASE_EMBRYO,
        POD_PHASE_PREPARE,
        POD_PHASE_PREPARED,
        POD_PHASE_RUN,
        POD_PHASE_EXITED_GARBAGE,
        POD_PHASE_GARBAGE,
        _POD_PHASE_MAX,
} PodPhase;

typedef enum PodState {
        POD_EMBRYO,
        POD_PREPARING,
        POD_PREPARE_FAILED,   /* "aborted prepare" in lists */
        POD_PREPARED,
        POD_RUNNING,
        POD_EXITED,
        POD_EXITED_MARKED,    /* "exited garbage" */
        POD_EXITED_DELETING,  /* "exited deleting" */
        POD_GARBAGE,
        POD_GARBAGE_DELETING, /* "deleting" */
        _POD_STATE_MAX,
} PodState;

const char *pod_phase_directory(PodPhase p);
/* The word that rkt list and rkt status print. */
const char *pod_state_to_string(PodState s);
PodState pod_state_from(PodPhase phase, bool locked);
/* Whether the lock means anything in this phase: in embryo and prepared it does not. */
bool pod_phase_lock_matters(PodPhase p);

/* What may become of a pod, and what whoever moves it must hold. */
typedef enum PodArrowFlags {
        POD_ARROW_SHARED = 1 << 0, /* a shared lock is enough: nobody works on a pod that can be locked so */
        POD_ARROW_SYNC = 1 << 1,   /* all of the pod must have reached the disk before its new name does */
        POD_ARROW_UNLOCK = 1 << 2, /* it is left unlocked in its new phase */
} PodArrowFlags;

/* The flags of the arrow from one phase to another; -EINVAL: the table has no such arrow. */
int pod_phase_arrow(PodPhase from, PodPhase to);
