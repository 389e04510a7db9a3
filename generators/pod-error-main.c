/* SPDX-License-Identifier: Apache-2.0 */

#include "basic/fd-util.h"
#include "basic/log.h"
#include "basic/notify.h"
#include "layout/exit-code.h"

/* rkt-pod-error MESSAGE: what pod@NAME.service starts in place of the pod when the pod file has an error. The
 * message goes to the journal and into the status line of the unit. */

int main(int argc, char **argv) {
        _cleanup_free_ char *state = NULL;

        (void) fd_fix_stdio();
        log_setup(/* prefix= */ NULL, /* debug= */ false);

        if (argc != 2) {
                log_error("this program is run by pod@.service, with one message");
                return EXIT_RKT_FAILURE;
        }

        log_error("%s", argv[1]);
        log_info("correct the pod file, then run \"systemctl daemon-reload\"");
        state = strjoin("STATUS=", argv[1], NULL);
        if (state && notify_send(state) >= 0)
                (void) notify_barrier(2 * USEC_PER_SEC);
        return EXIT_RKT_FAILURE;
}
