/* SPDX-License-Identifier: Apache-2.0 */

#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#include "basic/log.h"
#include "basic/parse-util.h"
#include "basic/strv.h"

/* A message is put together in memory and leaves by one write(), so that lines of several processes on one
 * terminal do not mix. Each line passes through string_escape(), which changes nothing in text that was
 * escaped before: whatever a caller forgot, no control character gets out. */

static struct {
        const char *prefix;
        bool debug;
        bool to_journal;
} state;

static const int syslog_level[] = {
        [LOG_LEVEL_ERROR] = 3,
        [LOG_LEVEL_WARNING] = 4,
        [LOG_LEVEL_INFO] = 6,
        [LOG_LEVEL_DEBUG] = 7,
};

/* JOURNAL_STREAM is "DEVICE:INODE" of the socket that systemd connected, systemd.exec(5). It is inherited by
 * children whose stderr is something else, hence the comparison. */
static bool stderr_is_journal(void) {
        const char *stream = getenv("JOURNAL_STREAM");
        const char *colon = stream ? strchr(stream, ':') : NULL;
        struct stat st;
        if (!colon || fstat(STDERR_FILENO, &st) < 0)
                return false;

        _cleanup_free_ char *device = strndup(stream, colon - stream);
        uint64_t dev, ino;
        return device && parse_u64(device, &dev) >= 0 && parse_u64(colon + 1, &ino) >= 0 &&
               st.st_dev == dev && st.st_ino == ino;
}

void log_setup(const char *prefix, bool debug) {
        state.prefix = prefix;
        state.debug = debug;
        state.to_journal = stderr_is_journal();
}

void log_set_prefix(const char *prefix) {
        state.prefix = prefix;
}

bool log_debug_enabled(void) {
        return state.debug;
}

static int append_line(StringBuf *b, LogLevel level, bool first, const char *line) {
        _cleanup_free_ char *escaped = string_escape(line);
        if (!escaped)
                return -ENOMEM;

        int r = 0;
        if (state.to_journal)
                r = string_buf_printf(b, "<%d>", syslog_level[level]);
        if (r >= 0 && first && state.prefix)
                r = string_buf_printf(b, "%s: ", state.prefix);
        if (r >= 0)
                r = string_buf_printf(b, "%s\n", escaped);
        return r;
}

static void write_stderr(const char *data, size_t n) {
        while (n > 0) {
                ssize_t k = write(STDERR_FILENO, data, n);
                if (k < 0 && errno == EINTR)
                        continue;
                if (k < 0)
                        return; /* nowhere left to say so */
                data += k;
                n -= k;
        }
}

static void log_text(LogLevel level, const char *text) {
        static const char oom[] = "Out of memory\n";
        _cleanup_(string_buf_done) StringBuf b = {};
        _cleanup_strv_free_ char **lines = NULL;

        int r = text ? strv_split(text, "\n", &lines) : -ENOMEM;
        STRV_FOREACH(line, lines)
                if (r >= 0)
                        r = append_line(&b, level, line == lines, *line);

        if (r < 0)
                write_stderr(oom, sizeof(oom) - 1);
        else
                write_stderr(b.data, b.size);
}

static void log_format(LogLevel level, int error, const char *format, va_list ap) _printf_(3, 0);
static void log_format(LogLevel level, int error, const char *format, va_list ap) {
        int saved = errno;
        _cleanup_(string_buf_done) StringBuf b = {};

        int r = string_buf_vprintf(&b, format, ap);
        if (r >= 0 && error < 0)
                r = string_buf_printf(&b, ": %s", strerror(-error));
        log_text(level, r < 0 ? NULL : strempty(b.data));
        errno = saved;
}

void log_full(LogLevel level, const char *format, ...) {
        if (level == LOG_LEVEL_DEBUG && !state.debug)
                return;

        va_list ap;
        va_start(ap, format);
        log_format(level, 0, format, ap);
        va_end(ap);
}

int log_error_errno(int error, const char *format, ...) {
        va_list ap;
        va_start(ap, format);
        log_format(LOG_LEVEL_ERROR, error, format, ap);
        va_end(ap);

        return error;
}

int log_oom(void) {
        log_text(LOG_LEVEL_ERROR, "Out of memory");
        return -ENOMEM;
}

int log_diag(const Diag *d, int error) {
        int saved = errno;
        _cleanup_free_ char *text = NULL;

        if (diag_is_set(d) && d->message)
                text = diag_format(d, NULL);
        else
                text = strdup(strerror(-error));
        log_text(LOG_LEVEL_ERROR, text);
        errno = saved;
        return error;
}
