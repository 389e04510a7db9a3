/* SPDX-License-Identifier: Apache-2.0 */

#include "podfile/notes.h"

/* What can be said only once everything is read: what is missing, what is there twice, and whether all names
 * that apps refer to are declared. If a file could not be read to its end, all of this would be guessing. */

static PodFilePosition pod_or_file(const PodFileParser *p) {
        return p->has_pod_section ? p->pod_position : (PodFilePosition) {};
}

static PodFilePosition app_position(const PodFileParser *p, const PodFileApp *a) {
        PodFilePosition at = { .line = a->line, .column = 1 };

        for (; p->files[at.file_index + 1] && !streq(p->files[at.file_index], a->file); at.file_index++)
                ;
        return at;
}

static int check_names(PodFileParser *p) {
        PodFile *f = p->pod;
        int r = 0;

        if (!f->machine_name)
                r = pod_name_to_machine(f->name, &f->machine_name);
        if (r >= 0 && !f->hostname)
                r = pod_name_to_machine(f->name, &f->hostname);
        return r;
}

static bool has_note_on_line(const PodFileParser *p, PodFilePosition at) {
        for (size_t i = 0; i < p->n_notes; i++)
                if (p->notes[i].position.file_index == at.file_index && p->notes[i].position.line == at.line)
                        return true;
        return false;
}

/* Net= that was given but wrong has been noted where it stands. */
static int check_nets(PodFileParser *p) {
        size_t n = strv_length(p->pod->nets);

        if (n > 1)
                return podfile_error_at(p, p->net_position, "Net=host and Net=none exclude each other");
        if (n == 0 && p->net_position.line == 0)
                return podfile_error_at(
                        p, pod_or_file(p),
                        "Net= is missing, and networks other than host and none, as is the "
                        "default, are not supported by this version; write Net=host or Net=none "
                        "in [Pod]");
        if (n == 0 && !has_note_on_line(p, p->net_position))
                return podfile_error_at(p, p->net_position, "Net= is empty; write Net=host or Net=none");
        return 0;
}

static int check_insecure(PodFileParser *p) {
        STRV_FOREACH(name, p->pod->insecure_options)
                if (!streq(*name, "none"))
                        return podfile_warning_at(p, p->insecure_position,
                                                  "InsecureOptions=%s turns off security checks", *name);
        return 0;
}

static int check_app(PodFileParser *p, size_t i) {
        const PodFileApp *a = &p->pod->apps[i];

        if (!a->image)
                return podfile_error_at(p, app_position(p, a), "Image= is missing%s%s",
                                        a->name ? "" : " in this [App]",
                                        streq(a->file, p->files[0]) || a->name
                                                ? "" : "; to amend an app of the pod file, give its Name=");

        for (size_t k = 0; a->name && k < i; k++)
                if (streq_ptr(p->pod->apps[k].name, a->name))
                        return podfile_error_at(p, app_position(p, a), "there are two apps with Name=%s",
                                                a->name);
        return 0;
}

static int check_apps(PodFileParser *p) {
        if (p->pod->n_apps == 0 && p->has_pod_section)
                return podfile_error_at(p, p->pod_position,
                                        "there is no [App] section; this looks like a Quadlet .pod "
                                        "file");
        if (p->pod->n_apps == 0)
                return podfile_error_at(p, (PodFilePosition) {}, "there is no [App] section");

        for (size_t i = 0; i < p->pod->n_apps; i++) {
                int r = check_app(p, i);

                if (r < 0)
                        return r;
        }
        return 0;
}

static bool all_apps_named(const PodFile *f) {
        for (size_t i = 0; i < f->n_apps; i++)
                if (!f->apps[i].name)
                        return false;
        return true;
}

static size_t find_app(const PodFile *f, const char *name) {
        for (size_t i = 0; i < f->n_apps; i++)
                if (streq_ptr(f->apps[i].name, name))
                        return i;
        return SIZE_MAX;
}

static bool volume_is_declared(const PodFile *f, const char *name) {
        size_t n = strlen(name);

        STRV_FOREACH(v, f->volumes)
                if (strncmp(*v, name, n) == 0 && (*v)[n] == ',')
                        return true;
        return false;
}

static int check_reference(PodFileParser *p, const PodFileReference *ref) {
        size_t app;

        if (ref->kind == REFERENCE_VOLUME)
                return volume_is_declared(p->pod, ref->name)
                               ? 0
                               : podfile_error_at(p, ref->position,
                                                  "volume \"%s\" is not declared by a Volume= in [Pod]",
                                                  ref->name);

        app = find_app(p->pod, ref->name);
        if (app == ref->app)
                return podfile_error_at(p, ref->position, "app \"%s\" refers to itself", ref->name);
        /* An app without Name= gets one from its image, which may be this one. */
        if (app == SIZE_MAX && all_apps_named(p->pod))
                return podfile_error_at(p, ref->position, "there is no app \"%s\" in this pod", ref->name);
        return 0;
}

static int check_references(PodFileParser *p) {
        for (size_t i = 0; i < p->n_references; i++) {
                int r = check_reference(p, &p->references[i]);

                if (r < 0)
                        return r;
        }
        return 0;
}

typedef enum Visit {
        VISIT_NONE,
        VISIT_OPEN, /* the way from the first app leads over it */
        VISIT_DONE,
} Visit;

static int note_circle(PodFileParser *p, size_t app, const char *after) {
        for (size_t i = 0; i < p->n_references; i++) {
                const PodFileReference *ref = &p->references[i];

                if (ref->kind == REFERENCE_AFTER && ref->app == app && streq(ref->name, after))
                        return podfile_error_at(p, ref->position,
                                                "the order is a circle: \"%s\" is itself after \"%s\"", after,
                                                strempty(p->pod->apps[app].name));
        }
        return 0;
}

/* 1: a circle was found and noted. */
static int visit(PodFileParser *p, size_t app, Visit *visits) {
        visits[app] = VISIT_OPEN;
        STRV_FOREACH(name, p->pod->apps[app].after) {
                size_t next = find_app(p->pod, *name);
                int r = 0;

                if (next == SIZE_MAX || next == app) /* noted, or not known yet */
                        continue;
                if (visits[next] == VISIT_OPEN)
                        r = note_circle(p, app, *name) < 0 ? -ENOMEM : 1;
                else if (visits[next] == VISIT_NONE)
                        r = visit(p, next, visits);
                if (r != 0)
                        return r;
        }
        visits[app] = VISIT_DONE;
        return 0;
}

/* systemd breaks a circle by dropping a start job: an app would silently stay away. */
static int check_order(PodFileParser *p) {
        Visit visits[PODFILE_APPS_MAX] = {};

        for (size_t i = 0; i < p->pod->n_apps; i++) {
                int r = visits[i] == VISIT_NONE ? visit(p, i, visits) : 0;

                if (r != 0)
                        return MIN(r, 0);
        }
        return 0;
}

int podfile_parser_check(PodFileParser *p) {
        static int (*const checks[])(PodFileParser *p) = {
                check_apps, check_nets, check_insecure, check_references, check_order,
        };
        int r;

        p->checking = true;
        r = check_names(p);
        for (size_t i = 0; r >= 0 && !p->broken && i < ELEMENTSOF(checks); i++)
                r = checks[i](p);
        return r;
}
