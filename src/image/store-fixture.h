/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basic/test.h"
#include "image/store-internal.h"
#include "layout/pods.h"

/* A store in a temporary directory, and images in it as an import would leave them. For tests only. */

#define HOUR (3600 * USEC_PER_SEC)

typedef struct Fixture {
        char *path;
        int data_fd;
        ImageStore *store;
} Fixture;

void setup(Fixture *f);
void teardown(Fixture *f);

#define _fixture_ __attribute__((__cleanup__(teardown))) Fixture
#define SETUP(f) _fixture_ f; setup(&f)

/* "sha512-" + the text + zeros: valid if the text is hex. */
const char *make_id(char ret[IMAGE_ID_LENGTH + 1], const char *text);
#define ID(text) make_id((char[IMAGE_ID_LENGTH + 1]) {}, text)

typedef struct Image {
        const char *id, *name, *version;
        usec_t import_time, last_used;
        bool latest;
        const char *boot; /* NULL: this one */
} Image;

void write_file(int dir_fd, const char *path, const char *text);
void make_blob(Fixture *f, const char *id);
/* As published by an import, but for the bytes. */
void make_tree(Fixture *f, const char *id);
void make_image(Fixture *f, const Image *i);
bool has_blob(Fixture *f, const char *id);
bool has_image(Fixture *f, const char *id);
