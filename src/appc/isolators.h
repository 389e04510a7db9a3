/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "appc/quantity.h"
#include "appc/types.h"

/* Isolators read into numbers and lists (appc spec, "spec/ace.md"; rkt's seccomp and capability
 * documents). */

#define ISOLATOR_MEMORY "resource/memory"
#define ISOLATOR_CPU "resource/cpu"
#define ISOLATOR_CAPS_RETAIN "os/linux/capabilities-retain-set"
#define ISOLATOR_CAPS_REMOVE "os/linux/capabilities-remove-set"
#define ISOLATOR_SECCOMP_RETAIN "os/linux/seccomp-retain-set"
#define ISOLATOR_SECCOMP_REMOVE "os/linux/seccomp-remove-set"
#define ISOLATOR_NO_NEW_PRIVILEGES "os/linux/no-new-privileges"
#define ISOLATOR_OOM_SCORE_ADJ "os/linux/oom-score-adj"
#define ISOLATOR_CPU_SHARES "os/linux/cpu-shares"

/* The JSON value {"default":false,"request":QUANTITY,"limit":QUANTITY} that rkt makes of a command-line
 * --memory or --cpu. -EINVAL: no quantity, or not above zero. */
int isolator_resource_value(const char *quantity, char **ret, Diag *diag);

typedef struct AppLimits {
        uint64_t memory_bytes;  /* 0: no limit */
        uint64_t cpu_milli;     /* thousandths of a CPU; 0: no limit */
} AppLimits;

/* -EBADMSG: not a resource isolator's value, or a limit that is not above zero. */
int isolators_get_limits(const IsolatorList *l, AppLimits *ret, Diag *diag);

/* The app's capability bounding set as a mask of (1 << CAP_x), from retain or remove set over appc's
 * default set. all: every capability (--insecure-options=capabilities). -EBADMSG: unknown capability, or
 * both sets. */
int isolators_get_capabilities(const IsolatorList *l, bool all, uint64_t *ret, Diag *diag);
#define CAPABILITIES_DEFAULT_NAMES                                                              \
        "CAP_AUDIT_WRITE CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER CAP_FSETID CAP_KILL CAP_MKNOD "   \
        "CAP_NET_BIND_SERVICE CAP_NET_RAW CAP_SETFCAP CAP_SETGID CAP_SETPCAP CAP_SETUID "         \
        "CAP_SYS_CHROOT"

/* "CAP_CHOWN"; NULL: no such number. */
const char *capability_to_string(unsigned capability);
int capability_from_string(const char *s); /* -EINVAL */

typedef struct SeccompSet {
        bool retain;    /* allow only these; else: deny these */
        char *errno_name; /* "EPERM"; NULL: not said */
        char **calls;   /* system call names and @sets, as given */
} SeccompSet;

void seccomp_set_done(SeccompSet *s);
/* ret->calls is NULL if no seccomp isolator is there (then the default whitelist holds). ret: to be
 * released with seccomp_set_done(). -EBADMSG: more than one seccomp isolator, or a bad name. */
int isolators_get_seccomp(const IsolatorList *l, SeccompSet *ret, Diag *diag);
int isolators_get_no_new_privileges(const IsolatorList *l, bool *ret, Diag *diag);
