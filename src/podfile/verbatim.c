/* SPDX-License-Identifier: Apache-2.0 */

#include <ctype.h>

#include "basic/parse-util.h"
#include "podfile/notes.h"
#include "podfile/specifier.h"

/* Lines for the host unit. They are the operator's and pass as they are, but for three things: a line must
 * stay one line for systemd's reader, which ends lines at carriage returns too and joins a line to the next
 * after a backslash; x.pod stands for pod@x.service where units are named; and some keys of [Service] would
 * break the pod. */

static const char *const unit_list_keys[] = {
        /* [Unit] */
        "Requires",
        "Requisite",
        "Wants",
        "BindsTo",
        "PartOf",
        "Upholds",
        "Conflicts",
        "Before",
        "After",
        "OnFailure",
        "OnSuccess",
        "PropagatesReloadTo",
        "ReloadPropagatedFrom",
        "PropagatesStopTo",
        "StopPropagatedFrom",
        "JoinsNamespaceOf",
        /* [Install] */
        "WantedBy",
        "RequiredBy",
        "UpheldBy",
        "Also",
};

typedef struct RefusedKey {
        const char *pattern;              /* of [Service]; a "*" at the end stands for anything */
        bool (*is_allowed)(const char *value); /* NULL: never */
        const char *reason;
} RefusedKey;

static bool is_mixed(const char *value) {
        return streq(value, "mixed");
}

static bool is_not_false(const char *value) {
        return parse_boolean(value) != 0;
}

#define REASON_START "rkt starts the pod and tells systemd when it is ready"
#define REASON_USER "a pod is started by root; set users inside the pod"
#define REASON_ROOT "the pod's mounts are made in the host's file system"
#define REASON_PRIVATE "it would cut the pod's own supervisor off from the host; isolate the apps in [App]"

static const RefusedKey refused_keys[] = {
        { "Type", NULL, REASON_START },
        { "NotifyAccess", NULL, REASON_START },
        { "ExecStart", NULL, REASON_START "; the apps' commands are in [App]" },
        { "PIDFile", NULL, REASON_START },
        { "RemainAfterExit", NULL, "a pod whose apps have ended has ended" },
        { "User", NULL, REASON_USER },
        { "Group", NULL, REASON_USER },
        { "DynamicUser", NULL, REASON_USER },
        { "Root*", NULL, REASON_ROOT },
        { "Private*", NULL, REASON_PRIVATE },
        { "Protect*", NULL, REASON_PRIVATE },
        { "KillMode", is_mixed, "only \"mixed\" lets the pod end its apps in order" },
        { "Delegate", is_not_false, "the pod manages its own control groups" },
};

static bool key_matches(const char *pattern, const char *key) {
        size_t n = strlen(pattern);

        return pattern[n - 1] == '*' ? strncmp(pattern, key, n - 1) == 0 : streq(pattern, key);
}

static const RefusedKey *find_refused(const char *section, const char *key, const char *value) {
        if (!streq(section, "Service"))
                return NULL;

        for (size_t i = 0; i < ELEMENTSOF(refused_keys); i++) {
                const RefusedKey *k = &refused_keys[i];

                if (key_matches(k->pattern, key) && !(k->is_allowed && k->is_allowed(value)))
                        return k;
        }
        return NULL;
}

static bool key_is_valid(const char *key) {
        if (!isalpha((unsigned char) key[0]))
                return false;
        for (; *key; key++)
                if (!isalnum((unsigned char) *key) && *key != '-')
                        return false;
        return true;
}

/* Why the value would not be read back by systemd as this one value; NULL: it would. */
static const char *value_problem(const char *value) {
        size_t backslashes = 0, n = strlen(value);

        if (n > PODFILE_VALUE_MAX)
                return "too long";
        for (const char *s = value; *s; s++)
                if ((unsigned char) *s < 0x20 && *s != '\t')
                        return "control characters are not allowed here";
        for (size_t i = n; i > 0 && value[i - 1] == '\\'; i--)
                backslashes++;
        return backslashes % 2 ? "a value cannot end in a backslash" : NULL;
}

static bool names_units(const char *section, const char *key) {
        if (streq(section, "Service"))
                return false;
        for (size_t i = 0; i < ELEMENTSOF(unit_list_keys); i++)
                if (streq(unit_list_keys[i], key))
                        return true;
        return false;
}

/* Appends one word of a list of units; 0: noted as wrong. */
static int append_unit(PodFileParser *p, const char *key, const char *word, size_t n, StringBuf *b) {
        _cleanup_free_ char *stem = NULL, *escaped = NULL;
        int r;

        r = b->size > 0 ? string_buf_append(b, " ") : 0;
        if (r < 0)
                return r;
        if (n < 4 || strncmp(word + n - 4, ".pod", 4) != 0)
                return string_buf_append_n(b, word, n);

        stem = strndup(word, n - 4);
        escaped = stem ? string_escape(stem) : NULL;
        if (!escaped)
                return -ENOMEM;
        if (!pod_name_is_valid(stem))
                return podfile_error(p, "%s=: \"%s.pod\" names no pod", key, escaped);
        return string_buf_printf(b, "pod@%s.service", stem);
}

static int translate_units(PodFileParser *p, const char *key, const char *value, char **ret) {
        _cleanup_(string_buf_done) StringBuf b = {};

        while (*(value += strspn(value, " \t"))) {
                size_t n = strcspn(value, " \t");
                int r;

                r = append_unit(p, key, value, n, &b);
                if (r < 0)
                        return r;
                value += n;
        }
        *ret = string_buf_take(&b);
        return *ret ? 0 : -ENOMEM;
}

static int line_add(PodFileParser *p, const char *section, const IniEvent *e, const char *value) {
        PodFile *f = p->pod;
        PodFileLine *l, line;

        if (f->n_lines >= PODFILE_LINES_MAX)
                return podfile_error(p, "more than %d lines for the unit", PODFILE_LINES_MAX);

        l = reallocarray(f->lines, f->n_lines + 1, sizeof(PodFileLine));
        if (!l)
                return -ENOMEM;
        f->lines = l;

        line = (PodFileLine) {
                .section = strdup(section),
                .key = strdup(e->key),
                .value = strdup(value),
                .file = strdup(e->file),
                .line = e->line,
        };
        l[f->n_lines++] = line;
        return line.section && line.key && line.value && line.file ? 0 : -ENOMEM;
}

int podfile_verbatim(PodFileParser *p, const char *section, const IniEvent *e) {
        PodFilePosition key_at = { p->position.file_index, e->line, e->key_column };
        _cleanup_free_ char *value = NULL, *units = NULL;
        const RefusedKey *refused;
        const char *problem;
        int r;

        if (!key_is_valid(e->key))
                return podfile_error_at(p, key_at, "a key has letters, digits and \"-\" only");
        refused = find_refused(section, e->key, e->value);
        if (refused)
                return podfile_error_at(p, key_at, "%s= is not allowed in [Service]: %s", e->key,
                                        refused->reason);
        problem = value_problem(e->value);
        if (problem)
                return podfile_error(p, "%s=: %s", e->key, problem);

        r = specifier_expand_instance(e->value, p->pod->name, &value);
        if (r >= 0 && names_units(section, e->key))
                r = translate_units(p, e->key, value, &units);
        return r < 0 ? r : line_add(p, section, e, units ?: value);
}
