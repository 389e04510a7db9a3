/* SPDX-License-Identifier: Apache-2.0 */

#include "pod/phase.h"
#include "layout/pods.h"

/* The table of the life of a pod. Time runs downwards: a pod only ever moves to a phase that stands
 * further down, which is why whoever looks for one goes through the phases in this order and cannot miss
 * it.
 *
 *     phase            unlocked                 locked exclusively
 *     embryo           (just made)              (about to move on)
 *     prepare          failed prepare           preparing
 *     prepared         prepared                 (about to run or to expire)
 *     run              exited                   running
 *     exited-garbage   exited, marked by gc     exited, being deleted
 *     garbage          never ran, marked        never ran, being deleted
 *
 * In embryo and prepared the lock says nothing. There it only settles who may move the pod on. */

static const struct {
        const char *directory;
        PodState unlocked, locked;
} phases[] = {
        [POD_PHASE_EMBRYO] = { PODS_EMBRYO_DIR, POD_EMBRYO, POD_EMBRYO },
        [POD_PHASE_PREPARE] = { PODS_PREPARE_DIR, POD_PREPARE_FAILED, POD_PREPARING },
        [POD_PHASE_PREPARED] = { PODS_PREPARED_DIR, POD_PREPARED, POD_PREPARED },
        [POD_PHASE_RUN] = { PODS_RUN_DIR, POD_EXITED, POD_RUNNING },
        [POD_PHASE_EXITED_GARBAGE] = { PODS_EXITED_GARBAGE_DIR, POD_EXITED_MARKED, POD_EXITED_DELETING },
        [POD_PHASE_GARBAGE] = { PODS_GARBAGE_DIR, POD_GARBAGE, POD_GARBAGE_DELETING },
};

static const struct {
        PodPhase from, to;
        PodArrowFlags flags;
} arrows[] = {
        { POD_PHASE_EMBRYO, POD_PHASE_PREPARE, 0 },
        { POD_PHASE_EMBRYO, POD_PHASE_GARBAGE, 0 },
        /* A prepared pod is a promise that outlives a power cut, and waits unlocked for whoever runs it. */
        { POD_PHASE_PREPARE, POD_PHASE_PREPARED, POD_ARROW_SYNC | POD_ARROW_UNLOCK },
        { POD_PHASE_PREPARE, POD_PHASE_RUN, 0 },
        /* Marking must not look like preparing or running to those who test the lock meanwhile, so it is done
         * under a shared lock. Of two who mark at once one loses the rename. */
        { POD_PHASE_PREPARE, POD_PHASE_GARBAGE, POD_ARROW_SHARED },
        { POD_PHASE_PREPARED, POD_PHASE_RUN, 0 },
        { POD_PHASE_PREPARED, POD_PHASE_GARBAGE, 0 },
        { POD_PHASE_RUN, POD_PHASE_EXITED_GARBAGE, POD_ARROW_SHARED },
};

static const char *const states[] = {
        [POD_EMBRYO] = "embryo",
        [POD_PREPARING] = "preparing",
        [POD_PREPARE_FAILED] = "aborted prepare",
        [POD_PREPARED] = "prepared",
        [POD_RUNNING] = "running",
        [POD_EXITED] = "exited",
        [POD_EXITED_MARKED] = "exited garbage",
        [POD_EXITED_DELETING] = "exited deleting",
        [POD_GARBAGE] = "garbage",
        [POD_GARBAGE_DELETING] = "deleting",
};

const char *pod_phase_directory(PodPhase p) {
        assert(p < ELEMENTSOF(phases));
        return phases[p].directory;
}

const char *pod_state_to_string(PodState s) {
        assert(s < ELEMENTSOF(states));
        return states[s];
}

PodState pod_state_from(PodPhase phase, bool locked) {
        assert(phase < ELEMENTSOF(phases));
        return locked ? phases[phase].locked : phases[phase].unlocked;
}

bool pod_phase_lock_matters(PodPhase p) {
        return pod_state_from(p, true) != pod_state_from(p, false);
}

int pod_phase_arrow(PodPhase from, PodPhase to) {
        for (size_t i = 0; i < ELEMENTSOF(arrows); i++)
                if (arrows[i].from == from && arrows[i].to == to)
                        return (int) arrows[i].flags;

        return -EINVAL;
}
