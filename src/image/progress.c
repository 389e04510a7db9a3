/* SPDX-License-Identifier: Apache-2.0 */
#include "basic/string-util.h"
#include "image/progress.h"

#define LINE_COLUMNS 80
#define SIZES_COLUMNS 18 /* "999 MB/999 MB" and some air */

char *progress_format_bytes(uint64_t bytes) {
        static const char *const units[] = { "B", "KB", "MB", "GB", "TB", "PB", "EB" };
        double size = (double) bytes;
        size_t unit = 0;

        /* 999.5 would be printed as 1e+03. */
        while (size >= 999.5 && unit + 1 < ELEMENTSOF(units)) {
                size /= 1000;
                unit++;
        }
        return xasprintf("%.3g %s", size, units[unit]);
}

char *progress_format(const char *label, uint64_t now, uint64_t total) {
        _cleanup_free_ char *now_text = progress_format_bytes(now), *total_text = NULL, *bar = NULL;
        size_t taken = strlen("Downloading []") + strlen(label) + SIZES_COLUMNS, columns, filled;

        if (!now_text)
                return NULL;
        if (total == UINT64_MAX)
                return xasprintf("Downloading %s: %s of an unknown total size", label, now_text);
        total_text = progress_format_bytes(total);
        columns = taken < LINE_COLUMNS ? LINE_COLUMNS - taken : 1;
        bar = calloc(1, columns + 1);
        if (!total_text || !bar)
                return NULL;
        filled = total == 0 ? columns
                            : (size_t) ((double) MIN(now, total) / (double) total * (double) columns);
        memset(bar, '=', filled);
        memset(bar + filled, ' ', columns - filled);
        return xasprintf("Downloading %s: [%s] %s/%s", label, bar, now_text, total_text);
}

void progress_draw(FILE *f, const char *label, uint64_t now, uint64_t total) {
        bool terminal = isatty(fileno(f)), end = now == total;
        _cleanup_free_ char *line = NULL;

        if (now == UINT64_MAX) {
                if (terminal)
                        fputc('\n', f);
                return;
        }
        if (!terminal && !end)
                return;
        line = progress_format(label, now, total);
        if (!line)
                return;
        /* To the line's start, and what is left of a longer line goes. */
        fprintf(f, "%s%s%s%s", terminal ? "\r" : "", line, terminal ? "\033[K" : "", end ? "\n" : "");
        (void) fflush(f);
}
