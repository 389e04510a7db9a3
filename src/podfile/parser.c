/* SPDX-License-Identifier: Apache-2.0 */

#include "podfile/keys.h"
#include "podfile/notes.h"
#include "podfile/specifier.h"

/* Reading: ini events become assignments to the model by the key table. Two things wait: the keys of an [App]
 * section, until its end has shown which app its Name= makes it (in a drop-in it may amend one), and whether
 * an unknown key is an error, until OnUnknownKey= can no longer come. */

static void assignment_done(PodFileAssignment *a) {
        free(a->key);
        free(a->value);
}

static void parser_clear_pending(PodFileParser *p) {
        for (size_t i = 0; i < p->n_pending; i++)
                assignment_done(&p->pending[i]);
        p->n_pending = 0;
}

int podfile_parser_init(PodFileParser *p, const char *name) {
        _cleanup_(podfile_freep) PodFile *f = NULL;

        f = calloc(1, sizeof(PodFile));
        if (!f)
                return -ENOMEM;
        f->name = strdup(name);
        if (!f->name)
                return -ENOMEM;
        f->overlay = true;
        f->stop_timeout = 30 * USEC_PER_SEC;

        *p = (PodFileParser) { .pod = TAKE_PTR(f) };
        return 0;
}

void podfile_parser_done(PodFileParser *p) {
        parser_clear_pending(p);
        free(p->pending);
        for (size_t i = 0; i < p->n_notes; i++)
                free(p->notes[i].message);
        free(p->notes);
        free(p->too_new.message);
        for (size_t i = 0; i < p->n_references; i++)
                free(p->references[i].name);
        free(p->references);
        strv_free(p->files);
        podfile_free(p->pod);
        *p = (PodFileParser) {};
}

int podfile_reference_add(PodFileParser *p, PodFileReferenceKind kind, const char *name) {
        _cleanup_free_ char *copy = NULL;
        PodFileReference *l;

        if (p->n_references >= PODFILE_REFERENCES_MAX)
                return podfile_error(p, "more than %d names of volumes and apps", PODFILE_REFERENCES_MAX);

        copy = strdup(name);
        l = reallocarray(p->references, p->n_references + 1, sizeof(PodFileReference));
        if (l)
                p->references = l;
        if (!l || !copy)
                return -ENOMEM;

        l[p->n_references++] = (PodFileReference) {
                .kind = kind,
                .app = p->app,
                .name = TAKE_PTR(copy),
                .position = p->position,
        };
        return 0;
}

void podfile_reference_drop(PodFileParser *p, PodFileReferenceKind kind) {
        size_t kept = 0;

        for (size_t i = 0; i < p->n_references; i++) {
                PodFileReference *r = &p->references[i];

                if (r->kind == kind && r->app == p->app)
                        free(r->name);
                else
                        p->references[kept++] = *r;
        }
        p->n_references = kept;
}

static int note_key(PodFileParser *p, PodFileSection section, const char *name, PodFilePosition at) {
        const char *section_name = podfile_section_name(section);
        _cleanup_free_ char *hint = NULL, *escaped = NULL;

        if (podfile_notes_full(p))
                return 0;
        hint = podfile_key_hint(section, name);
        escaped = string_escape(name);
        if (!hint || !escaped)
                return -ENOMEM;
        return podfile_unknown(p, at, "unknown key \"%s=\" in [%s]%s", escaped, section_name, hint);
}

/* Applies one assignment to the pod or the app that base is. p->position is the value's. */
static int parser_assign(PodFileParser *p, PodFileSection section, void *base, const PodFileAssignment *a) {
        PodFilePosition key_at = { p->position.file_index, a->line, a->key_column };
        const PodFileKey *key;
        void *target;

        if (startswith(a->key, "X-"))
                return 0;

        key = podfile_key_find(section, a->key);
        if (!key)
                return note_key(p, section, a->key, key_at);
        if (key->in != IN_ROAD)
                return podfile_error_at(p, key_at, "%s= is not supported by this version", key->name);
        if (strlen(a->value) > PODFILE_VALUE_MAX)
                return podfile_error(p, "%s= is longer than %d bytes", key->name, PODFILE_VALUE_MAX);

        p->position = (PodFilePosition) { key_at.file_index, a->line, a->value_column };
        target = (char *) base + key->offset;
        if (isempty(a->value) && key->reset) {
                key->reset(p, target);
                return 0;
        }
        return key->parse(p, key, target, isempty(a->value) ? key->def : a->value);
}

/* The last Name= of the open section, as far as it is one. */
static int pending_name(PodFileParser *p, char **ret) {
        const PodFileAssignment *found = NULL;

        for (size_t i = 0; i < p->n_pending; i++)
                if (streq(p->pending[i].key, "Name"))
                        found = &p->pending[i];
        if (!found || isempty(found->value)) {
                *ret = NULL;
                return 0;
        }
        int r = specifier_expand(found->value, p->pod->name, ret, /* diag= */ NULL);
        if (r == -EINVAL) { /* noted when it is assigned */
                *ret = NULL;
                return 0;
        }
        return r;
}

static int parser_add_app(PodFileParser *p) {
        PodFileApp *l;

        if (p->pod->n_apps >= PODFILE_APPS_MAX)
                return podfile_error_at(p, p->app_position, "more than %d apps", PODFILE_APPS_MAX);

        l = reallocarray(p->pod->apps, p->pod->n_apps + 1, sizeof(PodFileApp));
        if (!l)
                return -ENOMEM;
        p->pod->apps = l;

        l[p->pod->n_apps] = (PodFileApp) {
                .line = p->app_position.line,
                .file = strdup(p->files[p->app_position.file_index]),
        };
        if (!l[p->pod->n_apps].file)
                return -ENOMEM;
        p->app = p->pod->n_apps++;
        return 1;
}

/* Sets p->app to the app that the open section is about. 0: there is none, which was noted. */
static int parser_choose_app(PodFileParser *p) {
        _cleanup_free_ char *name = NULL;
        int r;

        r = pending_name(p, &name);
        if (r < 0)
                return r;

        if (name && p->app_position.file_index > 0)
                for (size_t i = 0; i < p->pod->n_apps; i++)
                        if (streq_ptr(p->pod->apps[i].name, name)) {
                                p->app = i;
                                return 1;
                        }
        return parser_add_app(p);
}

static int parser_end_app(PodFileParser *p) {
        int r;

        if (!p->in_app)
                return 0;
        p->in_app = false;

        r = parser_choose_app(p);
        for (size_t i = 0; r > 0 && i < p->n_pending; i++) {
                int k = parser_assign(p, SECTION_APP, &p->pod->apps[p->app], &p->pending[i]);

                if (k < 0)
                        r = k;
        }
        parser_clear_pending(p);
        return MIN(r, 0);
}

static int parser_remember(PodFileParser *p, const IniEvent *e) {
        PodFileAssignment a = {
                .line = e->line,
                .key_column = e->key_column,
                .value_column = e->value_column,
        };

        if (p->n_pending == p->n_pending_allocated) {
                size_t n = MAX(p->n_pending_allocated * 2, (size_t) 16);
                PodFileAssignment *l = reallocarray(p->pending, n, sizeof(PodFileAssignment));

                if (!l)
                        return -ENOMEM;
                p->pending = l;
                p->n_pending_allocated = n;
        }

        a.key = strdup(e->key);
        a.value = strdup(e->value);
        if (!a.key || !a.value) {
                assignment_done(&a);
                return -ENOMEM;
        }
        p->pending[p->n_pending++] = a;
        return 0;
}

static int parser_section(PodFileParser *p, const IniEvent *e) {
        PodFilePosition at = { p->position.file_index, e->line, 1 };
        _cleanup_free_ char *hint = NULL, *escaped = NULL;
        int r;

        r = parser_end_app(p);
        if (r < 0)
                return r;

        p->position = at;
        p->section = (int) podfile_section_from_name(e->section);
        if (p->section == SECTION_APP) {
                p->in_app = true;
                p->app_position = at;
        }
        if (p->section == SECTION_POD && !p->has_pod_section) {
                p->has_pod_section = true;
                p->pod_position = at;
        }
        if (p->section != SECTION_UNKNOWN || podfile_notes_full(p))
                return 0;

        hint = podfile_section_hint(e->section);
        escaped = string_escape(e->section);
        if (!hint || !escaped)
                return -ENOMEM;
        return podfile_unknown(p, at, "unknown section [%s]%s", escaped, hint);
}

static int parser_event(const IniEvent *e, void *userdata, _unused_ Diag *diag) {
        PodFileParser *p = userdata;
        PodFileAssignment a;

        if (!e->key)
                return parser_section(p, e);

        p->position.line = e->line;
        p->position.column = e->value_column;
        switch ((PodFileSection) p->section) {
        case SECTION_UNIT:
        case SECTION_SERVICE:
        case SECTION_INSTALL:
                return podfile_verbatim(p, podfile_section_name((PodFileSection) p->section), e);
        case SECTION_APP:
                return parser_remember(p, e);
        case SECTION_POD:
                a = (PodFileAssignment){ (char *) e->key, (char *) e->value, e->line, e->key_column,
                                         e->value_column };
                return parser_assign(p, SECTION_POD, p->pod, &a);
        default:
                return 0;
        }
}

static int parser_open_file(PodFileParser *p, const char *path) {
        int r;

        r = strv_extend(&p->files, path);
        if (r < 0)
                return r;
        p->section = SECTION_NONE;
        p->position = (PodFilePosition) { .file_index = (unsigned) strv_length(p->files) - 1 };
        return 0;
}

int podfile_parser_unreadable(PodFileParser *p, const char *path, int error) {
        int r;

        r = parser_open_file(p, path);
        if (r < 0)
                return r;
        p->broken = true;
        return podfile_error(p, "cannot read the file: %s", strerror(-error));
}

int podfile_parser_file(PodFileParser *p, const char *path, const char *text, size_t size) {
        _cleanup_diag_ Diag diag = {};
        int r;

        r = parser_open_file(p, path);
        if (r < 0)
                return r;

        r = ini_parse(path, text, size, parser_event, p, &diag);
        if (r == -EBADMSG) {
                PodFilePosition at = { p->position.file_index, diag.line, diag.column };

                p->broken = true;
                p->in_app = false;
                parser_clear_pending(p);
                return podfile_error_at(p, at, "%s", diag.message ?: "malformed line");
        }
        if (r < 0)
                return r;
        return parser_end_app(p);
}
