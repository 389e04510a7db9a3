/* SPDX-License-Identifier: Apache-2.0 */

#include <fcntl.h>
#include <sys/stat.h>

#include "basic/fs-util.h"
#include "basic/mount-util.h"
#include "layout/pods.h"
#include "pod/age.h"
#include "pod/overlay.h"

/* Trying whether overlay mounts work takes a process and some mounts, which no start of a pod should pay
 * for. A good answer is kept for the rest of the boot, for this kernel and this file system; a bad one is
 * asked for again. */

#define OVERLAY_ANSWER_FILE PODS_DIR "/overlay-works" /* "BOOT-ID TIME\nDEVICE" */
#define ANSWER_MAX 256

static char *format_device(int dir_fd) {
        struct stat st;

        return fstat(dir_fd, &st) < 0 ? NULL : xasprintf("%llx", (unsigned long long) st.st_dev);
}

static bool answer_is_known(const PodContext *c, const char *device) {
        _cleanup_free_ char *text = NULL;
        usec_t age;

        if (file_read_at(c->data_dir_fd, OVERLAY_ANSWER_FILE, ANSWER_MAX, &text, NULL) < 0)
                return false;

        char *newline = strchr(text, '\n');
        if (!newline)
                return false;
        *newline = 0;
        return streq(newline + 1, device) && stamp_age(text, &age) >= 0;
}

static void remember_answer(const PodContext *c, const char *device) {
        char stamp[STAMP_MAX];
        _cleanup_free_ char *text = NULL;

        if (stamp_now(stamp) < 0)
                return;
        text = strjoin(stamp, "\n", device, NULL);
        if (text)
                (void) file_write_at(c->data_dir_fd, OVERLAY_ANSWER_FILE, text, strlen(text), 0644, 0);
}

int pods_support_overlay(const PodContext *c, Diag *diag) {
        _cleanup_free_ char *device = format_device(c->data_dir_fd);
        if (!device)
                return -ENOMEM;
        if (answer_is_known(c, device))
                return 1;

        _cleanup_close_ int fd = openat(c->data_dir_fd, PODS_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return diag_errno(diag, -errno, "cannot open \"%s\"", PODS_DIR);

        int r = overlay_is_supported(fd, diag);
        if (r > 0)
                remember_answer(c, device);
        return r;
}
