/* SPDX-License-Identifier: Apache-2.0 */

#include <inttypes.h>

#include "basic/notify.h"
#include "cli/service-notify.h"

void service_notify_fetching(const char *pod_name, usec_t timeout_usec) {
        _cleanup_free_ char *state =
                xasprintf("EXTEND_TIMEOUT_USEC=%" PRIu64 "\nSTATUS=Fetching the images of pod %s…",
                          timeout_usec, pod_name);

        if (state)
                (void) notify_send(state);
}

void service_notify_failure(const Diag *d, int error) {
        _cleanup_free_ char *line = diag_is_set(d) ? diag_format_line(d) : strdup(strerror(-error));
        _cleanup_free_ char *state = line ? xasprintf("STATUS=%s\nERRNO=%d", line, -error) : NULL;

        if (state)
                (void) notify_send(state);
}
