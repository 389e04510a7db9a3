/* SPDX-License-Identifier: Apache-2.0 */
#include "basic/strv.h"
#include "stage1/syscall-filter.h"
#include "stage1/syscall-sets.h"

/* How a set of an isolator becomes systemd's.
 *
 * The default, "@rkt/default-whitelist" alone, allows some 350 calls; to put together such a filter takes
 * systemd 3 ms at each start of an app. All calls that are not in it are some 70. So the default is written
 * as their deny list, which was made at build time and costs a fifth; calls that were not known then do not
 * get past the pod's own filter (stage1/pod-filter-generate.c). */

#define CALLS_PER_LINE 12

static const char *const default_allowed[] = {
#include "stage1/syscall-known.inc"
        NULL
};

/* All that libseccomp knows of this architecture and syscalls_allowed[] does not have. */
static const char *const default_denied[] = {
#include "stage1/syscall-complement.inc"
        NULL
};

/* By set name: one of our lists, or a set of systemd's. */
static const struct {
        const char *name;
        const char *const *calls;
        const char *systemd;
} syscall_sets[] = {
        { "@rkt/default-whitelist", default_allowed, NULL },
        { "@rkt/default-blacklist", syscalls_denied, NULL },
        { "@docker/default-whitelist", default_allowed, NULL },
        { "@docker/default-blacklist", syscalls_denied, NULL },
        { "@systemd/clock", NULL, "@clock" },
        { "@systemd/default-whitelist", NULL, "@default" },
        { "@systemd/io-event", NULL, "@io-event" },
        { "@systemd/mount", NULL, "@mount" },
        { "@systemd/network-io", NULL, "@network-io" },
        { "@systemd/obsolete", NULL, "@obsolete" },
        { "@systemd/privileged", NULL, "@privileged" },
        { "@systemd/process", NULL, "@process" },
        { "@systemd/raw-io", NULL, "@raw-io" },
};

#define SET_ALL "@appc.io/all"
#define SET_EMPTY "@appc.io/empty"

void syscall_filter_done(SyscallFilter *f) {
        strv_free(f->calls);
        free(f->errno_name);
        *f = (SyscallFilter) {};
}

/* What would be read as another thing than a name never reaches a unit file. */
static bool name_is_plain(const char *s, const char *more) {
        if (!*s)
                return false;
        for (; *s; s++)
                if (!(*s >= 'a' && *s <= 'z') && !(*s >= '0' && *s <= '9') && !strchr(more, *s))
                        return false;
        return true;
}

static bool errno_name_is_plain(const char *s) {
        if (*s != 'E')
                return false;
        for (; *s; s++)
                if (!(*s >= 'A' && *s <= 'Z') && !(*s >= '0' && *s <= '9'))
                        return false;
        return true;
}

static int add_call(const char *name, char ***l, Diag *diag) {
        if (name[0] != '@') {
                if (!name_is_plain(name, "_"))
                        return diag_set(diag, -EBADMSG, "bad name of a system call in a seccomp isolator");
                return strv_extend(l, name);
        }
        for (size_t i = 0; i < ELEMENTSOF(syscall_sets); i++)
                if (streq(name, syscall_sets[i].name))
                        return syscall_sets[i].calls ? strv_extend_strv(l,
                                                                        (char *const *) syscall_sets[i].calls)
                                                     : strv_extend(l, syscall_sets[i].systemd);

        _cleanup_free_ char *escaped = string_escape(name);
        return diag_set(diag, -EBADMSG, "unknown set \"%s\" in a seccomp isolator", strempty(escaped));
}

static int expand(const SeccompSet *s, SyscallFilter *f, Diag *diag) {
        int r;

        f->mode = s->retain ? SYSCALL_ALLOW : SYSCALL_DENY;
        STRV_FOREACH(call, s->calls) {
                if (streq(*call, SET_EMPTY))
                        continue;
                r = add_call(*call, &f->calls, diag);
                if (r < 0)
                        return r;
        }
        if (f->mode == SYSCALL_DENY && !f->calls)
                f->mode = SYSCALL_UNFILTERED;
        return 0;
}

int syscall_filter_from_isolators(const IsolatorList *l, SyscallFilter *ret, Diag *diag) {
        _cleanup_(seccomp_set_done) SeccompSet s = {};
        _cleanup_(syscall_filter_done) SyscallFilter f = {};
        int r;

        r = isolators_get_seccomp(l, &s, diag);
        if (r < 0)
                return r;
        if (s.errno_name && !errno_name_is_plain(s.errno_name))
                return diag_set(diag, -EBADMSG, "bad errno in a seccomp isolator");
        f.errno_name = strdup(s.errno_name ?: "EPERM");
        if (!f.errno_name)
                return -ENOMEM;

        if (!s.calls || (!s.retain && strv_contains(s.calls, SET_EMPTY))) {
                /* nothing said, or nothing to be removed: the default, as rkt reads it */
                f.mode = SYSCALL_DENY;
                r = strv_extend_strv(&f.calls, (char *const *) default_denied);
        } else if (strv_contains(s.calls, SET_ALL)) {
                if (!s.retain)
                        return diag_set(diag, -EBADMSG, "a seccomp isolator removes all system calls");
                f.mode = SYSCALL_UNFILTERED;
        } else
                r = expand(&s, &f, diag);
        if (r < 0)
                return r;

        *ret = f;
        f = (SyscallFilter) {};
        return 0;
}

int syscall_filter_write(const SyscallFilter *f, StringBuf *out) {
        const char *invert = f->mode == SYSCALL_DENY ? "~" : "";
        size_t n = 0;
        int r;

        if (f->mode == SYSCALL_UNFILTERED)
                return 0;

        /* Other architectures' calls are other numbers: a filter without this would be built for each of
         * them. */
        r = string_buf_printf(out, "SystemCallArchitectures=native\nSystemCallErrorNumber=%s\n",
                              f->errno_name);
        /* "@default" is what systemd allows in any allow list: said here so that an empty one is no reset */
        if (r >= 0)
                r = string_buf_printf(out, "SystemCallFilter=%s",
                                      f->mode == SYSCALL_ALLOW ? "@default" : invert);
        STRV_FOREACH(call, f->calls) {
                if (r >= 0 && n == CALLS_PER_LINE)
                        r = string_buf_printf(out, "\nSystemCallFilter=%s", invert);
                if (r >= 0)
                        r = string_buf_printf(out, " %s", *call);
                n = n == CALLS_PER_LINE ? 1 : n + 1;
        }
        return r < 0 ? r : string_buf_append(out, "\n");
}
