/* SPDX-License-Identifier: Apache-2.0 */

#include "basic/diag.h"
#include "basic/strv.h"

/* Running out of memory while describing a failure must not hide the failure: the errno always stays,
 * words may be missing. */

/* The variable arguments of the function it stands in, as text; NULL: out of memory. */
#define FORMAT_ARGS(format)                                \
        ({                                                 \
                va_list _ap;                               \
                va_start(_ap, format);                     \
                char *_text = xvasprintf(format, _ap);     \
                va_end(_ap);                               \
                _text;                                     \
        })

void diag_done(Diag *d) {
        free(d->file);
        free(d->message);
        strv_free(d->causes);
        free(d->hint);
        *d = (Diag) {};
}

/* Drops what was there. The message may have been made of it, so that it must exist by now; takes it. */
static int diag_replace(Diag *d, int error, char *message) {
        assert(error < 0);

        diag_done(d);
        d->message = message;
        d->error = error;
        return error;
}

int diag_set(Diag *d, int error, const char *format, ...) {
        if (!d)
                return error;

        return diag_replace(d, error, FORMAT_ARGS(format));
}

int diag_set_at(Diag *d, int error, const char *file, unsigned line, unsigned column, const char *format,
                ...) {
        if (!d)
                return error;

        char *message = FORMAT_ARGS(format);
        char *copy = file ? strdup(file) : NULL;
        (void) diag_replace(d, error, message);
        d->file = copy;
        d->line = line;
        d->column = column;
        return error;
}

int diag_errno(Diag *d, int error, const char *format, ...) {
        if (!d)
                return error;

        _cleanup_free_ char *text = FORMAT_ARGS(format);
        return diag_replace(d, error, strjoin(strempty(text), ": ", strerror(-error), NULL));
}

/* "FILE:LINE:COLUMN: MESSAGE" as far as known. */
static int diag_append_headline(const Diag *d, bool with_column, StringBuf *b) {
        int r = 0;

        if (d->file)
                r = string_buf_append(b, d->file);
        if (r >= 0 && d->file && d->line > 0)
                r = string_buf_printf(b, ":%u", d->line);
        if (r >= 0 && d->file && d->line > 0 && d->column > 0 && with_column)
                r = string_buf_printf(b, ":%u", d->column);
        if (r >= 0 && d->file)
                r = string_buf_append(b, ": ");
        if (r >= 0)
                r = string_buf_append(b, d->message ?: strerror(-d->error));
        return r;
}

/* Makes the headline the first of the causes; if nothing has been said yet, what errno says is the cause. */
static void diag_push_headline(Diag *d, int error) {
        _cleanup_(string_buf_done) StringBuf b = {};
        _cleanup_strv_free_ char **causes = NULL;

        if (!diag_is_set(d))
                d->error = error;
        if (diag_append_headline(d, /* with_column= */ true, &b) < 0 ||
            strv_consume(&causes, string_buf_take(&b)) < 0 ||
            strv_extend_strv(&causes, d->causes) < 0)
                return;

        strv_free(d->causes);
        d->causes = TAKE_PTR(causes);
}

int diag_wrap(Diag *d, int error, const char *format, ...) {
        if (!d)
                return error;

        assert(error < 0);

        char *message = FORMAT_ARGS(format);
        if (!message)
                return error;

        diag_push_headline(d, error);
        free(d->message);
        free(d->file);
        d->message = message;
        d->file = NULL;
        d->line = d->column = 0;
        return error;
}

int diag_hint(Diag *d, int error, const char *format, ...) {
        if (!d)
                return error;

        char *hint = FORMAT_ARGS(format);

        free(d->hint);
        d->hint = hint;
        if (d->error == 0)
                d->error = error;
        return error;
}

void diag_move(Diag *d, Diag *from) {
        if (!d) {
                diag_done(from);
                return;
        }
        diag_done(d);
        *d = *from;
        *from = (Diag) {};
}

bool diag_is_set(const Diag *d) {
        return d && d->error < 0;
}

char *diag_format(const Diag *d, const char *prefix) {
        _cleanup_(string_buf_done) StringBuf b = {};

        if (prefix && string_buf_printf(&b, "%s: ", prefix) < 0)
                return NULL;
        if (diag_append_headline(d, /* with_column= */ true, &b) < 0)
                return NULL;

        int depth = 1;
        STRV_FOREACH(cause, d->causes)
                if (string_buf_printf(&b, "\n%*s└─%s", 2 * depth++, "", *cause) < 0)
                        return NULL;

        if (d->hint && string_buf_printf(&b, "\n%s", d->hint) < 0)
                return NULL;
        return string_buf_take(&b);
}

char *diag_format_line(const Diag *d) {
        _cleanup_(string_buf_done) StringBuf b = {};

        if (diag_append_headline(d, /* with_column= */ false, &b) < 0)
                return NULL;

        STRV_FOREACH(cause, d->causes)
                if (string_buf_printf(&b, ": %s", *cause) < 0)
                        return NULL;
        return string_buf_take(&b);
}
