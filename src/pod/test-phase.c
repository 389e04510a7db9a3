/* SPDX-License-Identifier: Apache-2.0 */

#include "basic/test.h"
#include "layout/pods.h"
#include "pod/phase.h"

TEST(directories) {
        CHECK_STR(pod_phase_directory(POD_PHASE_EMBRYO), PODS_EMBRYO_DIR);
        CHECK_STR(pod_phase_directory(POD_PHASE_EXITED_GARBAGE), PODS_EXITED_GARBAGE_DIR);
        for (PodPhase p = 0; p < _POD_PHASE_MAX; p++)
                CHECK(startswith(pod_phase_directory(p), PODS_DIR "/"));
}

TEST(states) {
        static const struct {
                PodPhase phase;
                const char *unlocked, *locked;
        } table[] = {
                { POD_PHASE_EMBRYO, "embryo", "embryo" },
                { POD_PHASE_PREPARE, "aborted prepare", "preparing" },
                { POD_PHASE_PREPARED, "prepared", "prepared" },
                { POD_PHASE_RUN, "exited", "running" },
                { POD_PHASE_EXITED_GARBAGE, "exited garbage", "exited deleting" },
                { POD_PHASE_GARBAGE, "garbage", "deleting" },
        };

        CHECK_INT(ELEMENTSOF(table), _POD_PHASE_MAX);
        for (size_t i = 0; i < ELEMENTSOF(table); i++) {
                CHECK_STR(pod_state_to_string(pod_state_from(table[i].phase, false)), table[i].unlocked);
                CHECK_STR(pod_state_to_string(pod_state_from(table[i].phase, true)), table[i].locked);
                CHECK(pod_phase_lock_matters(table[i].phase) == !streq(table[i].unlocked, table[i].locked));
        }
        for (PodState s = 0; s < _POD_STATE_MAX; s++)
                CHECK(pod_state_to_string(s));
}

/* Every pair of phases: rows are "from", columns are "to". */
TEST(arrows) {
        static const char *const expected[] = {
                [POD_PHASE_EMBRYO] = ".x...x",
                [POD_PHASE_PREPARE] = "..ux.s",
                [POD_PHASE_PREPARED] = "...x.x",
                [POD_PHASE_RUN] = "....s.",
                [POD_PHASE_EXITED_GARBAGE] = "......",
                [POD_PHASE_GARBAGE] = "......",
        };

        for (PodPhase from = 0; from < _POD_PHASE_MAX; from++)
                for (PodPhase to = 0; to < _POD_PHASE_MAX; to++) {
                        int arrow = pod_phase_arrow(from, to);
                        char c = expected[from][to];

                        CHECK_INT(arrow, c == '.'         ? -EINVAL
                                                 : c == 's' ? POD_ARROW_SHARED
                                                 : c == 'u' ? POD_ARROW_SYNC | POD_ARROW_UNLOCK
                                                            : 0);
                        if (arrow >= 0)
                                CHECK(to > from); /* never back: those who search forward rely on it */
                }
}

DEFINE_TEST_MAIN()
