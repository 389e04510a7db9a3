/* SPDX-License-Identifier: Apache-2.0 */
#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>

#include "basic/fs-util.h"
#include "layout/stage1.h"
#include "stage1/exec-diagnosis.h"

/* execve() says ENOENT for a missing program as well as for a missing interpreter, be it of a script or an
 * ELF file. The files are the image's: what is read of them is bounded, and no offset of theirs is used
 * unchecked. */

#define HEAD_SIZE 4096U

#if __SIZEOF_POINTER__ == 8
typedef Elf64_Ehdr ElfHeader;
typedef Elf64_Phdr ElfSegment;
#else
typedef Elf32_Ehdr ElfHeader;
typedef Elf32_Phdr ElfSegment;
#endif

static void print_error(const char *path, int error) {
        _cleanup_free_ char *escaped = string_escape(path);

        printf("Error: Unable to open \"%s\": %s\n", strempty(escaped), strerror(-error));
}

static int read_head(int fd, char *buf) {
        ssize_t n = pread(fd, buf, HEAD_SIZE - 1, 0);

        if (n < 0)
                return -errno;
        buf[n] = 0;
        return (int) n;
}

/* The interpreter's path lies in the first page of any program that a linker makes. */
static const char *elf_interpreter(const char *head, size_t size) {
        ElfHeader h;

        if (size < sizeof(h) || memcmp(head, ELFMAG, SELFMAG) != 0)
                return NULL;
        memcpy(&h, head, sizeof(h));
        for (unsigned i = 0; i < h.e_phnum; i++) {
                uint64_t at = (uint64_t) h.e_phoff + (uint64_t) i * sizeof(ElfSegment);
                ElfSegment s;

                if (h.e_phoff > size || at + sizeof(s) > size)
                        return NULL;
                memcpy(&s, head + at, sizeof(s));
                if (s.p_type == PT_INTERP && s.p_offset < size && s.p_filesz < size &&
                    s.p_offset + s.p_filesz <= size && memchr(head + s.p_offset, 0, s.p_filesz))
                        return head + s.p_offset;
        }
        return NULL;
}

static const char *script_interpreter(char *head) {
        char *path;

        if (!startswith(head, "#!"))
                return NULL;
        path = head + 2 + strspn(head + 2, " \t");
        path[strcspn(path, " \t\r\n")] = 0;
        return *path == '/' ? path : NULL;
}

void exec_diagnosis_print(const char *app, const char *program) {
        _cleanup_free_ char *root = strjoin("/" STAGE1_APPS_DIR "/", app, "/rootfs", NULL);
        _cleanup_close_ int root_fd = -EBADF, fd = -EBADF, interpreter_fd = -EBADF;
        char head[HEAD_SIZE];
        const char *interpreter;
        int r;

        root_fd = root ? open(root, O_PATH | O_DIRECTORY | O_CLOEXEC) : -EBADF;
        if (root_fd < 0)
                return;
        fd = open_in_root(root_fd, program, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
        if (fd < 0)
                return print_error(program, fd);
        r = read_head(fd, head);
        if (r < 0)
                return print_error(program, r);

        interpreter = elf_interpreter(head, (size_t) r) ?: script_interpreter(head);
        if (!interpreter)
                return;
        interpreter_fd = open_in_root(root_fd, interpreter, O_PATH | O_CLOEXEC, 0);
        if (interpreter_fd < 0)
                print_error(interpreter, interpreter_fd);
}
