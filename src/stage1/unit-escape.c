/* SPDX-License-Identifier: Apache-2.0 */
#include "basic/path-util.h"
#include "basic/strv.h"
#include "stage1/unit-escape.h"

/* Three readers of systemd are met here. Exec and environment words are unquoted with C escapes, then "%"
 * is expanded: so bytes outside of printable ASCII become \xNN, and "%" is doubled. "$" would be expanded
 * in Exec lines as well, but the prefix ":" turns that off, which leaves one rule for both. Lists of paths
 * are unquoted without C escapes: a control character cannot be said there. Other paths are the rest of the
 * line as it is: there, white space and a backslash at the end would be lost, so the path ends in "/."
 * then, which systemd drops again. */

int unit_escape_word(StringBuf *out, const char *s) {
        int r;

        r = string_buf_append(out, "\"");
        for (; r >= 0 && *s; s++) {
                unsigned char c = (unsigned char) *s;

                if (c == '"' || c == '\\')
                        r = string_buf_printf(out, "\\%c", c);
                else if (c == '%')
                        r = string_buf_append(out, "%%");
                else if (c < 0x20 || c >= 0x7f)
                        r = string_buf_printf(out, "\\x%02x", c);
                else
                        r = string_buf_append_n(out, s, 1);
        }
        return r < 0 ? r : string_buf_append(out, "\"");
}

static int check_length(const StringBuf *line, const char *what, Diag *diag) {
        if (line->size >= UNIT_LINE_MAX)
                return diag_set(diag, -E2BIG, "%s is too long: more than %u bytes", what, UNIT_LINE_MAX);
        return 0;
}

static int append_line(StringBuf *out, StringBuf *line) {
        int r;

        r = string_buf_append(line, "\n");
        if (r < 0)
                return r;
        return string_buf_append_n(out, line->data, line->size);
}

int unit_write_exec(StringBuf *out, const char *key, const char *prefix, char *const *argv, Diag *diag) {
        _cleanup_(string_buf_done) StringBuf line = {};
        _cleanup_free_ char *program = NULL;
        int r;

        if (!argv || !argv[0] || !path_is_absolute(argv[0]) || endswith(argv[0], "/"))
                return diag_set(diag, -EINVAL, "\"%s\" is not the path of a program", argv &&
                                argv[0] ? argv[0] : "");

        program = strjoin(prefix, ":@", argv[0], NULL);
        if (!program)
                return -ENOMEM;
        r = string_buf_printf(&line, "%s=", key);
        if (r >= 0)
                r = unit_escape_word(&line, program);
        STRV_FOREACH(arg, argv) {
                if (r >= 0)
                        r = string_buf_append(&line, " ");
                if (r >= 0)
                        r = unit_escape_word(&line, *arg);
        }
        if (r >= 0)
                r = check_length(&line, "command line", diag);
        return r < 0 ? r : append_line(out, &line);
}

int unit_write_environment(StringBuf *out, const char *assignment, Diag *diag) {
        _cleanup_(string_buf_done) StringBuf line = {};
        _cleanup_free_ char *name = NULL;
        const char *value = strchr(assignment, '=');
        int r;

        name = strndup(assignment, value ? (size_t) (value - assignment) : strlen(assignment));
        if (!name)
                return -ENOMEM;
        if (!value || !env_name_is_valid(name)) {
                _cleanup_free_ char *escaped = string_escape(name);
                return diag_set(diag, -EINVAL, "\"%s\" is not the name of an environment variable",
                                strempty(escaped));
        }
        if (!utf8_is_valid(value, strlen(value)))
                return diag_set(diag, -EINVAL, "value of environment variable \"%s\" is not UTF-8", name);

        r = string_buf_append(&line, "Environment=");
        if (r >= 0)
                r = unit_escape_word(&line, assignment);
        if (r >= 0)
                r = check_length(&line, "environment variable", diag);
        return r < 0 ? r : append_line(out, &line);
}

static int append_path_byte(StringBuf *out, const char *c, bool quoted) {
        if (*c == '%')
                return string_buf_append(out, "%%");
        if (quoted && (*c == '"' || *c == '\\'))
                return string_buf_printf(out, "\\%c", *c);
        return string_buf_append_n(out, c, 1);
}

int unit_write_path(StringBuf *out, const UnitPath *p, Diag *diag) {
        const char *quote = p->quoted ? "\"" : "";
        size_t n = strlen(p->path);
        int r;

        assert(path_is_absolute(p->path));
        for (const char *c = p->path; *c; c++)
                if ((unsigned char) *c < 0x20 || *c == 0x7f) {
                        _cleanup_free_ char *escaped = string_escape(p->path);
                        return diag_set(diag, -EINVAL, "path \"%s\" has a control character",
                                        strempty(escaped));
                }

        r = string_buf_printf(out, "%s=%s%s", p->key, quote, strempty(p->prefix));
        for (const char *c = p->path; r >= 0 && *c; c++)
                r = append_path_byte(out, c, p->quoted);
        if (r >= 0 && !p->quoted && (p->path[n - 1] == ' ' || p->path[n - 1] == '\\'))
                r = string_buf_append(out, "/.");
        return r < 0 ? r : string_buf_printf(out, "%s\n", quote);
}
