/* SPDX-License-Identifier: Apache-2.0 */

#include "podfile/notes.h"

/* What is wrong with a pod file, gathered while reading and put in the order of files and lines at the end.
 */

bool podfile_notes_full(const PodFileParser *p) {
        return p->n_notes >= FINDINGS_MAX;
}

static _printf_(3, 0) int note_add(PodFileParser *p, PodFileNote note, const char *format, va_list ap) {
        PodFileNote *l;

        if (podfile_notes_full(p))
                return 0;

        l = reallocarray(p->notes, p->n_notes + 1, sizeof(PodFileNote));
        if (!l)
                return -ENOMEM;
        p->notes = l;

        note.is_late = p->checking;
        if (vasprintf(&note.message, format, ap) < 0)
                return -ENOMEM;
        l[p->n_notes++] = note;
        return 0;
}

int podfile_error(PodFileParser *p, const char *format, ...) {
        va_list ap;
        int r;

        va_start(ap, format);
        r = note_add(p, (PodFileNote) { .level = FINDING_ERROR, .position = p->position }, format, ap);
        va_end(ap);
        return r;
}

int podfile_error_at(PodFileParser *p, PodFilePosition position, const char *format, ...) {
        va_list ap;
        int r;

        va_start(ap, format);
        r = note_add(p, (PodFileNote) { .level = FINDING_ERROR, .position = position }, format, ap);
        va_end(ap);
        return r;
}

int podfile_warning_at(PodFileParser *p, PodFilePosition position, const char *format, ...) {
        va_list ap;
        int r;

        va_start(ap, format);
        r = note_add(p, (PodFileNote) { .level = FINDING_WARNING, .position = position }, format, ap);
        va_end(ap);
        return r;
}

int podfile_unknown(PodFileParser *p, PodFilePosition position, const char *format, ...) {
        PodFileNote note = { .level = FINDING_ERROR, .is_unknown = true, .position = position };
        va_list ap;
        int r;

        va_start(ap, format);
        r = note_add(p, note, format, ap);
        va_end(ap);
        return r;
}

int podfile_bad_value(PodFileParser *p, const char *key, const char *value, const char *problem) {
        _cleanup_free_ char *escaped = string_escape(value);

        return escaped ? podfile_error(p, "%s=: \"%s\" %s", key, escaped, problem) : -ENOMEM;
}

int podfile_error_diag(PodFileParser *p, const char *what, const Diag *d) {
        const char *message = d->message ?: "not understood";

        return what ? podfile_error(p, "%s: %s", what, message) : podfile_error(p, "%s", message);
}

static int position_compare(const PodFilePosition *a, const PodFilePosition *b) {
        if (a->file_index != b->file_index)
                return a->file_index < b->file_index ? -1 : 1;
        if (a->line != b->line)
                return a->line < b->line ? -1 : 1;
        if (a->column != b->column)
                return a->column < b->column ? -1 : 1;
        return 0;
}

/* Insertion sort: stable, and the notes are nearly in order as they come. */
static void notes_sort(PodFileNote *l, size_t n) {
        for (size_t i = 1; i < n; i++) {
                PodFileNote note = l[i];
                size_t k = i;

                for (; k > 0 && position_compare(&l[k - 1].position, &note.position) > 0; k--)
                        l[k] = l[k - 1];
                l[k] = note;
        }
}

static FindingLevel note_level(const PodFileParser *p, const PodFileNote *note) {
        return note->is_unknown && p->unknown_key_warns ? FINDING_WARNING : note->level;
}

static int note_to_finding(const PodFileParser *p, const PodFileNote *note, FindingList *l) {
        return finding_list_add(l, &(Finding) {
                .level = note_level(p, note),
                .file = p->files[note->position.file_index],
                .line = note->position.line,
                .column = note->position.column,
                .message = note->message,
        });
}

int podfile_parser_findings(PodFileParser *p, FindingList *l) {
        if (p->too_new.message)
                return note_to_finding(p, &p->too_new, l);

        notes_sort(p->notes, p->n_notes);
        for (size_t i = 0; i < p->n_notes; i++) {
                int r = note_to_finding(p, &p->notes[i], l);

                if (r < 0)
                        return r;
        }
        return 0;
}

static const PodFileNote *first_error(const PodFileParser *p, bool is_late) {
        for (size_t i = 0; i < p->n_notes; i++)
                if (p->notes[i].is_late == is_late && note_level(p, &p->notes[i]) == FINDING_ERROR)
                        return &p->notes[i];
        return NULL;
}

int podfile_parser_error(const PodFileParser *p, Diag *diag) {
        const PodFileNote *note = p->too_new.message ? &p->too_new : first_error(p, /* is_late= */ false);

        if (!note)
                note = first_error(p, /* is_late= */ true);
        if (!note)
                return 0;
        return diag_set_at(diag, -EBADMSG, p->files[note->position.file_index], note->position.line,
                           note->position.column, "%s", note->message);
}
