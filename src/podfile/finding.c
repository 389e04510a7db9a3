/* SPDX-License-Identifier: Apache-2.0 */

#include "basic/string-util.h"
#include "podfile/finding.h"

/* The list of findings grows by doubling; it is bounded per pod file by whoever adds to it. */

static const char *const finding_level_table[_FINDING_LEVEL_MAX] = {
        [FINDING_ERROR] = "error",
        [FINDING_WARNING] = "warning",
};

const char *finding_level_to_string(FindingLevel level) {
        assert(level < _FINDING_LEVEL_MAX);
        return finding_level_table[level];
}

static void finding_done(Finding *f) {
        free(f->file);
        free(f->message);
}

void finding_list_done(FindingList *l) {
        for (size_t i = 0; i < l->n; i++)
                finding_done(&l->items[i]);
        free(l->items);
        *l = (FindingList) {};
}

static int finding_list_reserve(FindingList *l, size_t more) {
        Finding *items = reallocarray(l->items, l->n + more, sizeof(Finding));
        if (!items)
                return -ENOMEM;

        l->items = items;
        return 0;
}

int finding_list_add(FindingList *l, const Finding *f) {
        _cleanup_free_ char *file = NULL, *message = NULL;

        file = strdup(strempty(f->file));
        message = strdup(strempty(f->message));
        if (!file || !message || finding_list_reserve(l, 1) < 0)
                return -ENOMEM;

        l->items[l->n++] = (Finding) {
                .level = f->level,
                .file = TAKE_PTR(file),
                .line = f->line,
                .column = f->column,
                .message = TAKE_PTR(message),
        };
        return 0;
}

int finding_list_move(FindingList *l, FindingList *from) {
        if (from->n == 0)
                return 0;
        if (finding_list_reserve(l, from->n) < 0)
                return -ENOMEM;

        memcpy(l->items + l->n, from->items, from->n * sizeof(Finding));
        l->n += from->n;
        from->n = 0;
        finding_list_done(from);
        return 0;
}

size_t finding_list_count(const FindingList *l, FindingLevel level) {
        size_t n = 0;

        for (size_t i = 0; i < l->n; i++)
                n += l->items[i].level == level;
        return n;
}

char *finding_format(const Finding *f) {
        _cleanup_free_ char *file = string_escape(f->file);
        const char *level = finding_level_to_string(f->level);

        if (!file)
                return NULL;
        if (f->line == 0)
                return xasprintf("%s: %s: %s", file, level, f->message);
        if (f->column == 0)
                return xasprintf("%s:%u: %s: %s", file, f->line, level, f->message);
        return xasprintf("%s:%u:%u: %s: %s", file, f->line, f->column, level, f->message);
}
