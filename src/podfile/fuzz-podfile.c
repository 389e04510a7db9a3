/* SPDX-License-Identifier: Apache-2.0 */

#include <stdint.h>

#include "podfile/parser.h"
#include "podfile/unit-text.h"

/* The bytes are a pod file, and from a line "### drop-in" on the drop-in to it, of the pod "web@1-x".
 * Whatever is accepted must become drop-ins in which each line is one that systemd reads as one assignment.
 */

#define DROPIN "\n### drop-in\n"

static void check_lines(const char *text) {
        for (const char *line = text; *line;) {
                size_t n = strcspn(line, "\n"), backslashes = 0;

                for (size_t i = 0; i < n; i++)
                        if ((unsigned char) line[i] < 0x20 && line[i] != '\t')
                                abort();
                while (backslashes < n && line[n - 1 - backslashes] == '\\')
                        backslashes++;
                if (line[n] != '\n' || backslashes % 2 || n == 0)
                        abort();
                if (line[0] != '#' && line[0] != '[' && !memchr(line, '=', n))
                        abort();
                line += n + 1;
        }
}

static void check_pod(PodFile *f) {
        _cleanup_free_ char *pod = NULL, *fetch = NULL;

        if (!f->machine_name || !f->hostname || strv_length(f->nets) != 1 || f->n_apps == 0)
                abort();
        free(f->path);
        f->path = strdup("/etc/rkt/pods/web@.pod");
        if (!f->path || unit_text_pod(f, &pod) < 0 || unit_text_fetch(f, &fetch) < 0)
                abort();
        check_lines(pod);
        check_lines(fetch);
}

static void check_findings(PodFileParser *p) {
        _cleanup_(finding_list_done) FindingList l = {};
        _cleanup_diag_ Diag d = {};

        if (podfile_parser_check(p) < 0 || podfile_parser_findings(p, &l) < 0)
                abort();
        for (size_t i = 0; i < l.n; i++) {
                _cleanup_free_ char *text = finding_format(&l.items[i]), *error = NULL;

                if (!text || unit_text_error("/x.pod", "/rkt-pod-error", text, &error) < 0)
                        abort();
                check_lines(error);
                for (const char *s = text; *s; s++)
                        if ((unsigned char) *s < 0x20) /* a message must not be able to drive a terminal */
                                abort();
        }
        if ((podfile_parser_error(p, &d) < 0) != (finding_list_count(&l, FINDING_ERROR) > 0))
                abort();
        if (!diag_is_set(&d))
                check_pod(p->pod);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(podfile_parser_done) PodFileParser p = {};
        const char *text = (const char *) data;
        const char *dropin = size > 0 ? memmem(text, size, DROPIN, strlen(DROPIN)) : NULL;
        size_t main_size = dropin ? (size_t) (dropin + 1 - text) : size;

        if (podfile_parser_init(&p, "web@1-x") < 0 ||
            podfile_parser_file(&p, "web@.pod", text, main_size) < 0)
                abort();
        if (dropin) {
                dropin += strlen(DROPIN);
                if (podfile_parser_file(&p, "10.conf", dropin, (size_t) (text + size - dropin)) < 0)
                        abort();
        }
        check_findings(&p);
        return 0;
}
