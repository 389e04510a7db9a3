/* SPDX-License-Identifier: Apache-2.0 */

#include "cli/verb.h"
#include "basic/log.h"

/* Finding verbs, and what all verbs share. */

static const char *word_end(const char *name) {
        return strchrnul(name, ' ');
}

/* How many of the words at argv match the verb's name: 0 none, 1 or 2 all of them. exact is cleared when a
 * word was only a prefix. */
static unsigned match_words(const Verb *v, int n_words, char *const *words, bool *exact) {
        const char *p = v->name;
        unsigned matched = 0;

        *exact = true;
        for (int i = 0; *p; i++) {
                size_t length = (size_t) (word_end(p) - p);

                if (i >= n_words || isempty(words[i]) || strncmp(p, words[i], strlen(words[i])) != 0 ||
                    strlen(words[i]) > length)
                        return 0;
                if (strlen(words[i]) < length)
                        *exact = false;
                matched++;
                p = word_end(p);
                if (*p)
                        p++;
        }

        return matched;
}

bool verb_is_group(const char *word) {
        for (const Verb *const *v = cli_verbs; *v; v++) {
                const char *end = word_end((*v)->name);

                if (*end && strlen(word) == (size_t) (end - (*v)->name) && startswith((*v)->name, word))
                        return true;
        }

        return false;
}

int verb_find(int argc, char *const *argv, int *index, const Verb **ret, Diag *diag) {
        int n = argc - *index;
        char *const *words = argv + *index;
        const Verb *found = NULL;
        unsigned n_matched = 0;
        bool ambiguous = false;

        for (const Verb *const *v = cli_verbs; *v; v++) {
                bool exact;
                unsigned matched = match_words(*v, n, words, &exact);

                if (matched == 0)
                        continue;
                if (exact) {
                        *index += (int) matched;
                        *ret = *v;
                        return 0;
                }
                ambiguous = found != NULL;
                found = *v;
                n_matched = matched;
        }

        if (found && !ambiguous && !verb_is_group(words[0])) {
                *index += (int) n_matched;
                *ret = found;
                return 0;
        }

        if (verb_is_group(words[0]) && n < 2)
                return diag_set(diag, -ENOENT, "\"%s\" needs a command after it", words[0]);
        if (verb_is_group(words[0]))
                return found && !ambiguous
                               ? (*index += (int) n_matched, *ret = found, 0)
                               : diag_set(diag, -ENOENT, "unknown command \"%s %s\"", words[0], words[1]);
        if (ambiguous)
                return diag_set(diag, -ENOTUNIQ, "ambiguous command \"%s\"", words[0]);

        return diag_set(diag, -ENOENT, "unknown command \"%s\"", words[0]);
}

const char *verb_last_word(const Verb *v) {
        const char *space = strrchr(v->name, ' ');

        return space ? space + 1 : v->name;
}

int cli_open_data_dir(Cli *c, bool create, Diag *diag) {
        if (c->data_dir_fd >= 0)
                return 0;

        int fd = paths_open_data_dir(&c->global.paths, create, diag);
        if (fd < 0)
                return fd;

        c->data_dir_fd = fd;
        return 0;
}

int cli_open_store(Cli *c, bool create, Diag *diag) {
        if (c->store)
                return 0;

        int r = cli_open_data_dir(c, create, diag);
        if (r < 0)
                return r;

        return image_store_open(c->data_dir_fd, create, &c->store, diag);
}

/* What to do about errors that no library function can give advice on. */
static void add_hint(Diag *diag, int error) {
        static const struct {
                int error;
                const char *hint;
        } hints[] = {
                { -ENOSPC, "make room in the data directory: \"rkt gc\" and \"rkt image gc\" may help" },
                { -EDQUOT, "make room in the data directory: \"rkt gc\" and \"rkt image gc\" may help" },
                { -EROFS, "the data directory (--dir) has to be writable" },
        };

        for (size_t i = 0; i < ELEMENTSOF(hints) && diag && !diag->hint; i++)
                if (hints[i].error == error)
                        diag_hint(diag, error, "%s", hints[i].hint);
}

int cli_fail(Diag *diag, int error, const char *context) {
        if (context && diag_is_set(diag))
                diag_wrap(diag, error, "%s", context);
        else if (context)
                diag_errno(diag, error, "%s", context);

        add_hint(diag, error);
        log_diag(diag, error);
        return EXIT_RKT_FAILURE;
}

int cli_usage_error(const Cli *c, const char *format, ...) {
        _cleanup_free_ char *text = NULL;
        va_list ap;

        va_start(ap, format);
        if (vasprintf(&text, format, ap) < 0)
                text = NULL;
        va_end(ap);

        log_error("%s", text ?: "wrong usage");
        fprintf(stderr, "usage: rkt %s %s\nTry \"rkt help %s\"\n", c->verb->name, c->verb->usage,
                c->verb->name);
        return EXIT_RKT_FAILURE;
}
