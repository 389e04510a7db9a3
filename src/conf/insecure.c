/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/insecure.h"

typedef struct InsecureOption {
        const char *name;
        InsecureFlags flags;
} InsecureOption;

/* In the order in which rkt(1) lists them. */
static const InsecureOption options[] = {
        { "none", INSECURE_NONE },
        { "http", INSECURE_HTTP },
        { "image", INSECURE_IMAGE },
        { "tls", INSECURE_TLS },
        { "ondisk", INSECURE_ONDISK },
        { "pubkey", INSECURE_PUBKEY },
        { "capabilities", INSECURE_CAPABILITIES },
        { "paths", INSECURE_PATHS },
        { "seccomp", INSECURE_SECCOMP },
        { "all-fetch", INSECURE_ALL_FETCH },
        { "all-run", INSECURE_ALL_RUN },
        { "all", INSECURE_ALL },
};

static bool is_single(const InsecureOption *o) {
        return o->flags && (o->flags & (o->flags - 1)) == 0;
}

static int refuse(const char *name, Diag *diag) {
        _cleanup_free_ char *escaped = string_escape(name);
        StringBuf known = {};
        int r = escaped ? 0 : -ENOMEM;

        for (size_t i = 0; i < ELEMENTSOF(options) && r >= 0; i++)
                r = string_buf_printf(&known, "%s%s", i > 0 ? ", " : "", options[i].name);
        if (r >= 0)
                r = diag_set(diag, -EINVAL, "unknown insecure option \"%s\" (known: %s)", escaped,
                             known.data);
        string_buf_done(&known);
        return r;
}

int insecure_flags_parse(char *const *names, InsecureFlags *ret, Diag *diag) {
        InsecureFlags flags = INSECURE_NONE;

        STRV_FOREACH(name, names) {
                size_t i = 0;

                while (i < ELEMENTSOF(options) && !streq(options[i].name, *name))
                        i++;
                if (i == ELEMENTSOF(options))
                        return refuse(*name, diag);
                flags |= options[i].flags;
        }
        *ret = flags;
        return 0;
}

char *insecure_flags_to_string(InsecureFlags f) {
        StringBuf b = {};

        if (f == INSECURE_NONE)
                return strdup("none");
        if ((f & INSECURE_ALL) == INSECURE_ALL)
                return strdup("all");
        for (size_t i = 0; i < ELEMENTSOF(options); i++) {
                if (!is_single(&options[i]) || !(f & options[i].flags))
                        continue;
                if (string_buf_printf(&b, "%s%s", b.size > 0 ? "," : "", options[i].name) < 0) {
                        string_buf_done(&b);
                        return NULL;
                }
        }
        return string_buf_take(&b);
}
