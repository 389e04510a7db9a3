/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <sys/stat.h>

#include "basic/fs-util.h"
#include "basic/parse-util.h"
#include "basic/path-util.h"
#include "basic/strv.h"
#include "image/ready.h"
#include "layout/pods.h"

/* A text file: the line "rkt-ready 1", then for each reference its id, for a path what stat(2) says of the
 * file, and the reference itself, escaped; then the line "end". It is written after the images were
 * accepted, is never synced (a torn one lacks its end and reads as stale), and everything in it can be
 * found out again by fetching. */

#define READY_FILE_MAX (1024U * 1024)
/* File systems' clocks advance in steps of up to one timer tick: a change this close to the start may be
 * after it. */
#define CLOCK_TICK (20 * USEC_PER_MSEC)
#define READY_HEAD "rkt-ready 1"
#define READY_END "end"

static int ready_path(const char *name, char **ret) {
        if (!filename_is_valid(name))
                return -EINVAL;
        *ret = path_join(READY_DIR, name);
        return *ret ? 0 : -ENOMEM;
}

/* DEVICE:INODE:SIZE:MTIME:CTIME of the file behind a path, times in nanoseconds; "-" for other references. */
static int identify(const char *reference, usec_t since, char **ret) {
        _cleanup_(image_ref_done) ImageRef ref = {};
        struct stat st;
        char *s;
        int e;

        e = image_ref_parse(reference, &ref, /* diag= */ NULL);
        if (e < 0)
                return e;
        if (ref.kind != IMAGE_REF_PATH) {
                *ret = strdup("-");
                return *ret ? 0 : -ENOMEM;
        }
        if (stat(ref.location, &st) < 0)
                return -errno;
        /* The change time can't be set back, so a file that was replaced during the fetch shows. */
        if (timespec_to_usec(&st.st_ctim) + CLOCK_TICK >= since)
                return -ESTALE;
        s = xasprintf("%llu:%llu:%llu:%lld%09ld:%lld%09ld", (unsigned long long) st.st_dev,
                      (unsigned long long) st.st_ino, (unsigned long long) st.st_size,
                      (long long) st.st_mtim.tv_sec, st.st_mtim.tv_nsec, (long long) st.st_ctim.tv_sec,
                      st.st_ctim.tv_nsec);
        if (!s)
                return -ENOMEM;
        *ret = s;
        return 0;
}

static bool fits_line(const char *s) {
        for (; *s; s++)
                if ((unsigned char) *s < 0x20)
                        return false;
        return true;
}

int ready_save(int data_dir_fd, const char *name, char *const *refs, char *const *ids, usec_t since) {
        _cleanup_(string_buf_done) StringBuf text = {};
        _cleanup_free_ char *path = NULL;
        size_t n = strv_length(refs);
        int e;

        if (n == 0 || n != strv_length(ids))
                return -EINVAL;
        e = ready_path(name, &path);
        if (e >= 0)
                e = string_buf_append(&text, READY_HEAD "\n");
        for (size_t i = 0; e >= 0 && i < n; i++) {
                _cleanup_free_ char *identity = NULL;
                if (!fits_line(refs[i]) || !image_id_is_valid(ids[i]))
                        return -EINVAL;
                e = identify(refs[i], since, &identity);
                if (e == -ESTALE)
                        return 0;
                if (e >= 0)
                        e = string_buf_printf(&text, "%s %s %s\n", ids[i], identity, refs[i]);
        }
        if (e >= 0)
                e = string_buf_append(&text, READY_END "\n");
        if (e >= 0)
                e = mkdir_p_at(data_dir_fd, READY_DIR, 0755);
        if (e >= 0)
                e = file_write_at(data_dir_fd, path, text.data, text.size, 0644, 0);
        return e < 0 ? e : 1;
}

/* 1: the line is about this reference and what it says still holds; its id is then appended. */
static int check_line(ImageStore *s, char *line, const char *reference, char ***ids) {
        _cleanup_free_ char *identity = NULL;
        char *recorded, *text;
        int e;

        recorded = strchr(line, ' ');
        text = recorded ? strchr(recorded + 1, ' ') : NULL;
        if (!text)
                return 0;
        *recorded++ = '\0';
        *text++ = '\0';
        if (!streq(text, reference) || !image_id_is_valid(line))
                return 0;
        e = identify(reference, USEC_INFINITY, &identity);
        if (e < 0)
                return e == -ENOMEM ? e : 0;
        if (!streq(identity, recorded) || image_store_tree_is_rendered(s, line) <= 0)
                return 0;
        e = strv_extend(ids, line);
        return e < 0 ? e : 1;
}

/* 1: all of the text holds for the references. */
static int check_text(ImageStore *s, const char *text, char *const *refs, char ***ids) {
        _cleanup_strv_free_ char **lines = NULL;
        size_t n = strv_length(refs);
        int e;

        e = strv_split(text, "\n", &lines);
        if (e < 0)
                return e;
        /* Head, lines, end, and the empty string after the last newline. */
        if (n == 0 || strv_length(lines) != n + 3 || !streq(lines[0], READY_HEAD) ||
            !streq(lines[n + 1], READY_END) || !streq(lines[n + 2], ""))
                return 0;
        for (size_t i = 0; i < n; i++) {
                e = check_line(s, lines[i + 1], refs[i], ids);
                if (e <= 0)
                        return e;
        }
        return 1;
}

int ready_load(int data_dir_fd, ImageStore *s, const char *name, char *const *refs, char ***ret_ids) {
        _cleanup_strv_free_ char **ids = NULL;
        _cleanup_free_ char *path = NULL, *text = NULL;
        size_t size;
        int e;

        e = ready_path(name, &path);
        if (e < 0)
                return e;
        e = file_read_at(data_dir_fd, path, READY_FILE_MAX, &text, &size);
        if (e == -ENOENT || e == -ENOMEM)
                return e;
        if (e >= 0)
                e = strlen(text) == size ? check_text(s, text, refs, &ids) : 0;
        if (e == -ENOMEM)
                return e;
        if (e <= 0) {
                (void) unlinkat(data_dir_fd, path, 0);
                return -ESTALE;
        }
        *ret_ids = TAKE_PTR(ids);
        return 0;
}

int ready_images(int data_dir_fd, const char *name, char ***ids) {
        _cleanup_free_ char *path = NULL, *text = NULL;
        _cleanup_strv_free_ char **lines = NULL;
        size_t size;

        int e = ready_path(name, &path);
        if (e >= 0)
                e = file_read_at(data_dir_fd, path, READY_FILE_MAX, &text, &size);
        if (e >= 0)
                e = strv_split(text, "\n", &lines);
        STRV_FOREACH(line, lines) {
                (*line)[strcspn(*line, " ")] = '\0';
                if (e >= 0 && image_id_is_valid(*line))
                        e = strv_extend(ids, *line);
        }

        return e == -ENOENT ? 0 : e;
}

static int forget_entry(int dir_fd, const char *name, unsigned char type, void *userdata) {
        _cleanup_free_ char *text = NULL;
        size_t size;

        if (type != DT_REG || file_read_at(dir_fd, name, READY_FILE_MAX, &text, &size) < 0)
                return 0;
        if (memmem(text, size, userdata, strlen(userdata)) && unlinkat(dir_fd, name, 0) < 0 &&
            errno != ENOENT)
                return -errno;
        return 0;
}

int ready_forget_image(int data_dir_fd, const char *id) {
        _cleanup_close_ int fd = openat(data_dir_fd, READY_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (fd < 0)
                return errno == ENOENT ? 0 : -errno;
        if (!image_id_is_valid(id))
                return -EINVAL;
        return dir_foreach(fd, forget_entry, (void *) id);
}
