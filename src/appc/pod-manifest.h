/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "appc/app.h"

/* PodManifest (appc spec, "spec/pods.md"). */

#define POD_MANIFEST_MAX (16U * 1024 * 1024)

typedef enum VolumeKind {
        VOLUME_HOST,
        VOLUME_EMPTY,
        _VOLUME_KIND_MAX,
} VolumeKind;

const char *volume_kind_to_string(VolumeKind k);
int volume_kind_from_string(const char *s); /* -EINVAL */

typedef struct Volume {
        char *name;
        VolumeKind kind;
        char *source;   /* host: absolute path */
        int read_only;  /* 1, 0, -1: not said */
        int recursive;  /* 1, 0, -1: not said */
        mode_t mode;    /* empty: default 0755 */
        uid_t uid;
        gid_t gid;
        bool has_mode, has_uid, has_gid;
} Volume;

typedef struct Mount {
        char *volume;    /* name of a volume of the pod */
        char *path;      /* absolute target in the app, as a rule that of one of its mount points */
        int read_only;   /* as Volume; an extension that is written only if said */
        Volume *app_volume; /* or NULL */
} Mount;

typedef struct RuntimeApp {
        char *name;      /* AC Name, unique in the pod */
        char *image_id;  /* store key; in a manifest that is not prepared yet also the beginning of one */
        char *image_name; /* or NULL */
        NameValueList image_labels;
        App *app;        /* or NULL: the image's */
        bool read_only_rootfs;
        Mount *mounts;
        size_t n_mounts;
        NameValueList annotations;
} RuntimeApp;

typedef struct ExposedPort {
        char *name;
        uint16_t host_port;
        char *host_ip;  /* or NULL */
        Port *pod_port; /* or NULL: the app's port of that name */
} ExposedPort;

typedef struct PodManifest {
        char *ac_version;
        RuntimeApp *apps;
        size_t n_apps;
        Volume *volumes;
        size_t n_volumes;
        IsolatorList isolators;
        NameValueList annotations;
        ExposedPort *ports;
        size_t n_ports;
        NameValueList user_annotations, user_labels;
} PodManifest;

PodManifest *pod_manifest_free(PodManifest *m);
DEFINE_POINTER_CLEANUP(PodManifest *, pod_manifest_free)
int pod_manifest_new(PodManifest **ret);

/* Caller-filled slots at the end of the arrays: zeroed, but for flags that are "not said". NULL: out of
 * memory. The next call moves the array. */
RuntimeApp *pod_manifest_add_app(PodManifest *m);
Volume *pod_manifest_add_volume(PodManifest *m);
Mount *runtime_app_add_mount(RuntimeApp *a);
const RuntimeApp *pod_manifest_find_app(const PodManifest *m, const char *name);
const Volume *pod_manifest_find_volume(const PodManifest *m, const char *name);

void volume_done(Volume *v);
/* "NAME,kind=host,source=/x,readOnly=true,recursive=,mode=,uid=,gid=" (appc's volume syntax). ret: to be
 * released with volume_done(). -EINVAL with diag. */
int volume_parse(const char *s, Volume *ret, Diag *diag);
void mount_done(Mount *m);
/* "volume=NAME,target=PATH[,readOnly=true]". ret: to be released with mount_done(). -EINVAL with diag. */
int mount_parse(const char *s, Mount *ret, Diag *diag);

int pod_manifest_parse(const char *file, const char *text, size_t size, PodManifest **ret, Diag *diag);
int pod_manifest_format(const PodManifest *m, bool pretty, char **ret);

/* Annotations by which a pod file's settings without an appc equivalent reach stage1. Only operators can set
 * them: image manifests' annotations never end up in a RuntimeApp. */
#define ANNOTATION_UNIT_RESTART "coreos.com/rkt/unit/restart"          /* systemd's Restart= words */
#define ANNOTATION_UNIT_RESTART_SEC "coreos.com/rkt/unit/restart-sec"  /* a time span, systemd.time(7) */
#define ANNOTATION_UNIT_AFTER "coreos.com/rkt/unit/after"              /* app names, separated by spaces */
#define ANNOTATION_UNIT_REQUIRES "coreos.com/rkt/unit/requires"        /* the same */
#define ANNOTATION_POD_STOP_TIMEOUT "coreos.com/rkt/unit/stop-timeout" /* on the pod; a time span */
