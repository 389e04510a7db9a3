/* SPDX-License-Identifier: Apache-2.0 */

#include <stdint.h>

#include "basic/ini.h"
#include "basic/strv.h"

/* Line by line: physical lines are joined to logical ones while they end in a backslash (an odd number of
 * them, as a pair is an escaped one), comment lines being skipped even in between; then a logical line is
 * a section header or an assignment. */

#define BYTE_ORDER_MARK "\xef\xbb\xbf"
#define COMMENT_CHARACTERS "#;"
#define BLANKS " \t\r\v\f"

typedef struct IniParser {
        const char *file;
        IniHandler handler;
        void *userdata;
        Diag *diag;

        StringBuf line;    /* the logical line so far */
        size_t first_size; /* how much of it is its first physical line */
        unsigned first_line;
        bool continued;

        char *section;
        unsigned section_id;
} IniParser;

static void ini_parser_done(IniParser *p) {
        string_buf_done(&p->line);
        free(p->section);
}

/* Where a byte of the logical line stands in its first physical line; 0: it is not there. */
static unsigned column_of(const IniParser *p, const char *at) {
        size_t offset = at - p->line.data;

        return offset <= p->first_size ? (unsigned) offset + 1 : 0;
}

static int parse_header(IniParser *p, char *text) {
        char *end = strchr(text, ']');
        if (!end)
                return diag_set_at(p->diag, -EBADMSG, p->file, p->first_line, column_of(p, text),
                                   "section header without \"]\"");
        if (end[1])
                return diag_set_at(p->diag, -EBADMSG, p->file, p->first_line, column_of(p, end + 1),
                                   "text after the section header");
        *end = '\0';
        if (isempty(text + 1) || strchr(text + 1, '['))
                return diag_set_at(p->diag, -EBADMSG, p->file, p->first_line, column_of(p, text),
                                   "invalid section header");

        char *section = strdup(text + 1);
        if (!section)
                return -ENOMEM;
        free(p->section);
        p->section = section;
        p->section_id++;

        return p->handler(&(IniEvent) {
                        .file = p->file,
                        .line = p->first_line,
                        .key_column = column_of(p, text),
                        .section = p->section,
                        .section_id = p->section_id,
                }, p->userdata, p->diag);
}

static int parse_assignment(IniParser *p, char *text) {
        char *equals = strchr(text, '=');
        if (!p->section)
                return diag_set_at(p->diag, -EBADMSG, p->file, p->first_line, column_of(p, text),
                                   "text outside of a section");
        if (!equals)
                return diag_set_at(p->diag, -EBADMSG, p->file, p->first_line, column_of(p, text),
                                   "missing \"=\"");
        if (equals == text)
                return diag_set_at(p->diag, -EBADMSG, p->file, p->first_line, column_of(p, text),
                                   "missing key before \"=\"");

        *equals = '\0';
        char *value = equals + 1 + strspn(equals + 1, BLANKS);
        return p->handler(&(IniEvent) {
                        .file = p->file,
                        .line = p->first_line,
                        .key_column = column_of(p, text),
                        .value_column = column_of(p, value),
                        .section = p->section,
                        .section_id = p->section_id,
                        .key = strstrip(text),
                        .value = strstrip(value),
                }, p->userdata, p->diag);
}

static int parse_logical_line(IniParser *p) {
        char *text = strstrip(p->line.data);

        p->continued = false;
        if (isempty(text))
                return 0;
        return text[0] == '[' ? parse_header(p, text) : parse_assignment(p, text);
}

static int check_bytes(const IniParser *p, const char *s, size_t n, unsigned line) {
        size_t valid = utf8_valid_length(s, n);
        if (valid == n)
                return 0;
        return diag_set_at(p->diag, -EBADMSG, p->file, line, (unsigned) valid + 1,
                           s[valid] == '\0' ? "NUL byte" : "invalid UTF-8");
}

static bool ends_in_backslash(const StringBuf *b) {
        size_t n = b->size;

        while (n > 0 && b->data[n - 1] == '\\')
                n--;
        return (b->size - n) % 2 == 1;
}

static bool is_comment(const char *s, size_t n) {
        while (n > 0 && strchr(BLANKS, *s)) {
                s++;
                n--;
        }
        return n > 0 && strchr(COMMENT_CHARACTERS, *s);
}

static int parse_physical_line(IniParser *p, const char *s, size_t n, unsigned line) {
        if (n > 0 && s[n - 1] == '\r')
                n--;

        int r = check_bytes(p, s, n, line);
        if (r < 0)
                return r;
        if (is_comment(s, n))
                return 0;

        if (!p->continued) {
                p->line.size = 0;
                p->first_size = n;
                p->first_line = line;
        }
        if (n > INI_LINE_MAX || p->line.size + n > INI_LINE_MAX)
                return diag_set_at(p->diag, -EBADMSG, p->file, line, 0, "line longer than %d bytes",
                                   INI_LINE_MAX);
        r = string_buf_append_n(&p->line, s, n);
        if (r < 0)
                return r;

        if (!ends_in_backslash(&p->line))
                return parse_logical_line(p);
        p->line.data[p->line.size - 1] = ' ';
        p->continued = true;
        return 0;
}

int ini_parse(const char *file, const char *text, size_t size, IniHandler handler, void *userdata,
              Diag *diag) {
        if (size > INI_FILE_MAX)
                return diag_set_at(diag, -EFBIG, file, 0, 0, "larger than %d bytes", INI_FILE_MAX);
        if (size >= strlen(BYTE_ORDER_MARK) && memcmp(text, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)) == 0)
                return diag_set_at(diag, -EBADMSG, file, 1, 1, "byte order mark");

        _cleanup_(ini_parser_done) IniParser p = {
                .file = file,
                .handler = handler,
                .userdata = userdata,
                .diag = diag,
        };
        const char *end = text + size;
        for (unsigned line = 1; text < end; line++) {
                const char *newline = memchr(text, '\n', end - text) ?: end;
                int r = parse_physical_line(&p, text, newline - text, line);
                if (r < 0)
                        return r;
                text = newline + 1;
        }
        return p.continued ? parse_logical_line(&p) : 0;
}
