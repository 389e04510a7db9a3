/* SPDX-License-Identifier: Apache-2.0 */

#include <inttypes.h>

#include "basic/path-util.h"
#include "podfile/unit-text.h"

/* The drop-ins. What comes from us stands before the pod file's own lines of the same section, so that the
 * latter have the last word. Values of ours are quoted by unit_text_quote(); the pod file's lines have been
 * checked to be single lines (verbatim.c). */

/* What the unit grants beyond the pod's own timeout, for the pod to kill what did not stop and end itself. */
#define STOP_TIMEOUT_EXTRA (10 * USEC_PER_SEC)
#define STOP_TIMEOUT_DEFAULT (30 * USEC_PER_SEC) /* what pod@.service is written for */

static int append_quoted_byte(StringBuf *b, unsigned char c, bool is_command) {
        if (c == '"' || c == '\\')
                return string_buf_printf(b, "\\%c", c);
        if (c == '%' || (c == '$' && is_command))
                return string_buf_printf(b, "%c%c", c, c);
        if (c == '$')
                return string_buf_append(b, "$");
        return string_buf_printf(b, "\\x%02x", c);
}

int unit_text_quote(StringBuf *b, const char *s, bool is_command) {
        /* What append_quoted_byte() is for: the first 31 control characters, DEL, and four more. */
        static const char special[] =
                "\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20\21\22\23\24\25\26\27\30\31\32\33\34\35"
                "\36\37\177\"\\%$";
        int r;

        r = string_buf_append(b, "\"");
        while (r >= 0 && *s) {
                size_t n = strcspn(s, special);

                r = string_buf_append_n(b, s, n);
                s += n;
                if (r >= 0 && *s)
                        r = append_quoted_byte(b, (unsigned char) *s++, is_command);
        }
        return r < 0 ? r : string_buf_append(b, "\"");
}

/* A setting whose whole value is one path: systemd expands specifiers in it, but knows no quotes. */
static int append_path_setting(StringBuf *b, const char *setting, const char *path) {
        int r;

        r = string_buf_append(b, setting);
        while (r >= 0 && *path) {
                size_t n = strcspn(path, "%");

                r = string_buf_append_n(b, path, n);
                path += n;
                if (r >= 0 && *path) {
                        r = string_buf_append(b, "%%");
                        path++;
                }
        }
        return r < 0 ? r : string_buf_append(b, "\n");
}

static int append_head(StringBuf *b, const char *path) {
        return string_buf_printf(b, UNIT_TEXT_MARK " from %s\n[Unit]\n", path);
}

/* systemd refuses a path with ".." here; such a volume goes without. */
static int append_mounts_for(StringBuf *b, const char *path) {
        _cleanup_free_ char *simple = strdup(path);
        int r;

        if (!simple)
                return -ENOMEM;
        path_simplify(simple);
        if (!path_is_normalized(simple) || streq(simple, "/"))
                return 0;

        r = string_buf_append(b, "RequiresMountsFor=");
        if (r >= 0)
                r = unit_text_quote(b, simple, /* is_command= */ false);
        return r < 0 ? r : string_buf_append(b, "\n");
}

/* volume: canonical, as values-pod.c stores it. */
static int append_volume(StringBuf *b, const char *volume) {
        _cleanup_strv_free_ char **parts = NULL;
        int r;

        r = strv_split(volume, ",", &parts);
        if (r < 0)
                return r;

        STRV_FOREACH(part, parts) {
                const char *source = startswith(*part, "source=");

                if (source)
                        return append_mounts_for(b, source);
        }
        return 0;
}

static int append_lines(StringBuf *b, const PodFile *f, const char *section) {
        int r = 0;

        for (size_t i = 0; r >= 0 && i < f->n_lines; i++)
                if (streq(f->lines[i].section, section))
                        r = string_buf_printf(b, "%s=%s\n", f->lines[i].key, f->lines[i].value);
        return r;
}

static bool has_lines(const PodFile *f, const char *section) {
        for (size_t i = 0; i < f->n_lines; i++)
                if (streq(f->lines[i].section, section))
                        return true;
        return false;
}

static int append_stop_timeout(StringBuf *b, usec_t timeout) {
        if (timeout == STOP_TIMEOUT_DEFAULT)
                return 0;
        if (timeout >= USEC_INFINITY - STOP_TIMEOUT_EXTRA)
                return string_buf_append(b, "TimeoutStopSec=infinity\n");
        timeout += STOP_TIMEOUT_EXTRA;
        if (timeout % USEC_PER_SEC == 0)
                return string_buf_printf(b, "TimeoutStopSec=%" PRIu64 "s\n",
                                         (uint64_t) (timeout / USEC_PER_SEC));
        return string_buf_printf(b, "TimeoutStopSec=%" PRIu64 "us\n", timeout);
}

static int append_service(StringBuf *b, const PodFile *f) {
        int r;

        if (!has_lines(f, "Service") && f->stop_timeout == STOP_TIMEOUT_DEFAULT)
                return 0;

        r = string_buf_append(b, "[Service]\n");
        if (r >= 0)
                r = append_stop_timeout(b, f->stop_timeout);
        return r < 0 ? r : append_lines(b, f, "Service");
}

/* pod@.service has a WantedBy= of its own, for pod files without [Install]. */
static int append_install(StringBuf *b, const PodFile *f) {
        int r;

        if (!has_lines(f, "Install"))
                return 0;

        r = string_buf_append(b, "[Install]\nWantedBy=\n");
        return r < 0 ? r : append_lines(b, f, "Install");
}

static int take(StringBuf *b, int r, char **ret) {
        if (r < 0)
                return r;
        *ret = string_buf_take(b);
        return *ret ? 0 : -ENOMEM;
}

static int append_image_mounts(StringBuf *b, const PodFile *f) {
        int r = 0;

        for (size_t i = 0; r >= 0 && i < f->n_apps; i++) {
                const PodFileApp *a = &f->apps[i];
                const char *image = podfile_image_path(a->image);

                if (image)
                        r = append_mounts_for(b, image);
                if (r >= 0 && a->signature)
                        r = append_mounts_for(b, a->signature);
        }
        return r;
}

int unit_text_pod(const PodFile *f, char **ret) {
        _cleanup_(string_buf_done) StringBuf b = {};
        int r;

        r = append_head(&b, f->path);
        if (r >= 0)
                r = append_path_setting(&b, "SourcePath=", f->path);
        for (char **v = f->volumes; r >= 0 && v && *v; v++)
                r = append_volume(&b, *v);
        if (r >= 0)
                r = append_image_mounts(&b, f);
        if (r >= 0)
                r = append_lines(&b, f, "Unit");
        if (r >= 0)
                r = append_service(&b, f);
        if (r >= 0)
                r = append_install(&b, f);
        return take(&b, r, ret);
}

static bool has_remote_image(const PodFile *f) {
        for (size_t i = 0; i < f->n_apps; i++)
                if (podfile_image_is_remote(f->apps[i].image))
                        return true;
        return false;
}

int unit_text_fetch(const PodFile *f, char **ret) {
        _cleanup_(string_buf_done) StringBuf b = {}, head = {};
        int r;

        r = append_image_mounts(&b, f);
        if (r >= 0 && has_remote_image(f))
                r = string_buf_append(&b, "Wants=network-online.target\nAfter=network-online.target\n");
        if (r < 0 || b.size == 0)
                return take(&b, r, ret);

        r = append_head(&head, f->path);
        if (r >= 0)
                r = string_buf_append_n(&head, b.data, b.size);
        return take(&head, r, ret);
}

/* RestartPreventExitStatus=: a Restart= from elsewhere must not try this again and again. */
int unit_text_error(const char *path, const char *program, const char *message, char **ret) {
        _cleanup_(string_buf_done) StringBuf b = {};
        int r;

        r = append_head(&b, path);
        if (r >= 0)
                r = append_path_setting(&b, "SourcePath=", path);
        if (r >= 0)
                r = string_buf_printf(&b, "[Service]\nExecStart=\nExecStart=%s ", program);
        if (r >= 0)
                r = unit_text_quote(&b, message, /* is_command= */ true);
        if (r >= 0)
                r = string_buf_append(&b, "\nRestartPreventExitStatus=254\n");
        return take(&b, r, ret);
}

/* An assertion refuses the start with an error, as for a masked unit, but does not make the boot a failed
 * one. */
int unit_text_masked(const char *path, char **ret) {
        _cleanup_(string_buf_done) StringBuf b = {};
        int r;

        r = append_head(&b, path);
        if (r >= 0)
                r = append_path_setting(&b, "SourcePath=", path);
        if (r >= 0)
                r = append_path_setting(&b, "Description=Pod %i, masked by ", path);
        if (r >= 0)
                r = append_path_setting(&b, "AssertPathExists=!", path);
        return take(&b, r, ret);
}

int unit_text_fetch_nothing(const char *path, char **ret) {
        _cleanup_(string_buf_done) StringBuf b = {};
        int r;

        r = append_head(&b, path);
        if (r >= 0)
                r = string_buf_append(&b, "ConditionPathExists=!/\n");
        return take(&b, r, ret);
}
