/* SPDX-License-Identifier: Apache-2.0 */

#include <inttypes.h>

#include "basic/notify.h"
#include "cli/service-notify.h"

/* A service manager that takes longer is not worth waiting for with an error at hand. */
#define BARRIER_TIMEOUT_USEC (2 * USEC_PER_SEC)

void service_notify_fetching(const char *pod_name, usec_t timeout_usec) {
        _cleanup_free_ char *state =
                xasprintf("EXTEND_TIMEOUT_USEC=%" PRIu64 "\nSTATUS=Fetching the images of pod %s…",
                          timeout_usec, pod_name);

        if (state)
                (void) notify_send(state);
}

void service_notify_failure(const Diag *d, int error) {
        const char *hint = d->hint;
        _cleanup_free_ char *line = diag_is_set(d) ? diag_format_line(d) : strdup(strerror(-error));
        _cleanup_free_ char *state = line ? xasprintf("STATUS=%s%s%s\nERRNO=%d", line, hint ? "; " : "",
                                                      strempty(hint), -error)
                                          : NULL;

        if (state && notify_send(state) >= 0)
                (void) notify_barrier(BARRIER_TIMEOUT_USEC);
}
