/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <sys/uio.h>

#include "appc/image-manifest.h"
#include "basic/fd-util.h"
#include "basic/parse-util.h"
#include "basic/strv.h"
#include "image/import-protocol.h"

/* A message is a header and size bytes. Both ends are of one build and one machine: the header is a
 * struct. */

typedef struct Header {
        uint32_t type, size;
} Header;

static const struct {
        ImportMessageType type;
        size_t min, max;
} message_sizes[] = {
        { IMPORT_MESSAGE_MANIFEST, 0,                    IMAGE_MANIFEST_MAX                    },
        { IMPORT_MESSAGE_WARNING,  0,                    IMPORT_TEXT_MAX                       },
        { IMPORT_MESSAGE_ERROR,    sizeof(ImportError),  sizeof(ImportError) + IMPORT_TEXT_MAX },
        { IMPORT_MESSAGE_RESULT,   sizeof(ImportResult), sizeof(ImportResult)                  },
};

static const char *const mode_names[_IMPORT_MODE_MAX] = {
        [IMPORT_EXTRACT] = "extract",
        [IMPORT_EXPORT] = "export",
        [IMPORT_VERIFY] = "verify",
};

const char *import_mode_to_string(ImportMode m) {
        return m < _IMPORT_MODE_MAX ? mode_names[m] : NULL;
}

int import_mode_from_string(const char *s) {
        for (ImportMode m = 0; m < _IMPORT_MODE_MAX; m++)
                if (streq(s, mode_names[m]))
                        return (int) m;

        return -EINVAL;
}

/* "rkt-import MODE DIR SOURCE OUTPUT STATUS MAX-BYTES MAX-ENTRIES"; "-" for an fd that is not there. */

static int extend_fd(char ***argv, int fd) {
        return fd < 0 ? strv_extend(argv, "-") : strv_extendf(argv, "%d", fd);
}

int import_args_format(const ImportArgs *a, char ***ret) {
        _cleanup_strv_free_ char **argv = NULL;

        if (strv_extend(&argv, IMPORT_HELPER) < 0 || strv_extend(&argv, import_mode_to_string(a->mode)) < 0 ||
            extend_fd(&argv, a->dir_fd) < 0 || extend_fd(&argv, a->source_fd) < 0 ||
            extend_fd(&argv, a->output_fd) < 0 || extend_fd(&argv, a->status_fd) < 0 ||
            strv_extendf(&argv, "%llu", (unsigned long long) a->max_bytes) < 0 ||
            strv_extendf(&argv, "%llu", (unsigned long long) a->max_entries) < 0)
                return -ENOMEM;

        *ret = TAKE_PTR(argv);
        return 0;
}

static int parse_fd(const char *s, int *ret) {
        uint32_t v;
        int r;

        if (streq(s, "-")) {
                *ret = -EBADF;
                return 0;
        }

        r = parse_u32(s, &v);
        if (r < 0)
                return r;
        if (v > INT32_MAX)
                return -ERANGE;

        *ret = (int) v;
        return 0;
}

int import_args_parse(int argc, char *const *argv, ImportArgs *ret) {
        ImportArgs a;
        int r;

        if (argc != 8)
                return -EINVAL;

        r = import_mode_from_string(argv[1]);
        if (r < 0)
                return r;
        a.mode = (ImportMode) r;

        if (parse_fd(argv[2], &a.dir_fd) < 0 || parse_fd(argv[3], &a.source_fd) < 0 ||
            parse_fd(argv[4], &a.output_fd) < 0 || parse_fd(argv[5], &a.status_fd) < 0 ||
            parse_u64(argv[6], &a.max_bytes) < 0 || parse_u64(argv[7], &a.max_entries) < 0)
                return -EINVAL;

        *ret = a;
        return 0;
}

void import_message_done(ImportMessage *m) {
        if (!m)
                return;

        free(m->data);
        *m = (ImportMessage) {};
}

static bool message_is_sane(uint32_t type, size_t size) {
        for (size_t i = 0; i < ELEMENTSOF(message_sizes); i++)
                if (message_sizes[i].type == type)
                        return size >= message_sizes[i].min && size <= message_sizes[i].max;

        return false;
}

int import_message_send(int fd, ImportMessageType type, const void *data, size_t size) {
        Header h = { .type = type, .size = (uint32_t) size };
        int r;

        assert(message_is_sane(type, size));

        r = fd_write_all(fd, &h, sizeof(h));
        return r < 0 ? r : fd_write_all(fd, data, size);
}

int import_message_receive(int fd, ImportMessage *ret) {
        _cleanup_free_ char *data = NULL;
        Header h;
        int r;

        r = fd_read_exact(fd, &h, sizeof(h));
        if (r < 0)
                return r == -EIO ? -EPIPE : r;

        if (!message_is_sane(h.type, h.size))
                return -EBADMSG;

        data = malloc(h.size + 1U);
        if (!data)
                return -ENOMEM;

        r = fd_read_exact(fd, data, h.size);
        if (r < 0)
                return r == -EIO ? -EPIPE : r;

        data[h.size] = 0;
        *ret = (ImportMessage) { .type = (ImportMessageType) h.type, .data = TAKE_PTR(data), .size = h.size };
        return 0;
}
