/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Runs a fuzzer's entry point over the files of one directory, in the order of their names, and prints TAP.
 * It uses nothing of the project, so that it can stand under a fuzzer of any folder. A file that breaks the
 * target ends the program in the middle of the plan, which the harness counts as a failure; the name of the
 * file is printed before the attempt. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Each input has memory of its exact size, so that a sanitizer sees a read beyond its end. */
static int replay_file(int dir_fd, const char *name) {
        int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        if (fd < 0)
                return -errno;
        struct stat st;
        int r = 0;
        uint8_t *data = NULL;
        if (fstat(fd, &st) < 0 || !(data = malloc(st.st_size > 0 ? (size_t) st.st_size : 1)) ||
            read(fd, data, (size_t) st.st_size) != st.st_size)
                r = -EIO;
        close(fd);
        if (r >= 0)
                LLVMFuzzerTestOneInput(data, (size_t) st.st_size);
        free(data);
        return r;
}

static int is_visible(const struct dirent *e) {
        return e->d_name[0] != '.';
}

int main(int argc, char **argv) {
        if (argc != 2) {
                fprintf(stderr, "Usage: %s CORPUS-DIRECTORY\n", argv[0]);
                return EXIT_FAILURE;
        }
        struct dirent **entries = NULL;
        int n = scandir(argv[1], &entries, is_visible, alphasort);
        int dir_fd = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (n <= 0 || dir_fd < 0) {
                printf("1..1\nnot ok 1 - corpus %s: %s\n", argv[1], n == 0 ? "empty" : strerror(errno));
                return EXIT_FAILURE;
        }

        printf("1..%i\n", n);
        int failed = 0;
        for (int i = 0; i < n; i++) {
                printf("# %s\n", entries[i]->d_name);
                fflush(stdout);
                int r = replay_file(dir_fd, entries[i]->d_name);
                printf("%s %i - %s\n", r < 0 ? "not ok" : "ok", i + 1, entries[i]->d_name);
                failed += r < 0;
                free(entries[i]);
        }
        free(entries);
        close(dir_fd);
        return failed > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
