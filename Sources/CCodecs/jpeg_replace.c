#include <stdlib.h>
#include <string.h>

#include "jpeg_memory.h"

#include <jerror.h>

/// A decompressor that jumps to the `escape` of a `cvc_encoded` after an error.
typedef struct {
    struct jpeg_decompress_struct info;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    int max_scans;
} source;

/// Damage that the library conceals is none of the editor's: the caller has decoded the file.
static void ignore_message(j_common_ptr info, int level) { (void)info, (void)level; }

static void limit_scans(j_common_ptr info) {
    source *from = (source *)info;
    if (from->info.input_scan_number <= from->max_scans) return;
    ERREXIT(info, JERR_EMS_WRITE);
}

static void open_source(source *from, const uint8_t *bytes, size_t count, int max_scans, cvc_encoded *result) {
    from->info.err = jpeg_std_error(&from->errors);
    from->info.client_data = result;
    from->errors.error_exit = cvc_jpeg_escape;
    from->errors.emit_message = ignore_message;
    from->max_scans = max_scans;
    jpeg_create_decompress(&from->info);
    from->progress.progress_monitor = limit_scans;
    from->info.progress = &from->progress;
    jpeg_mem_src(&from->info, bytes, (unsigned long)count);
    jpeg_save_markers(&from->info, JPEG_COM, 0xFFFF);
    for (int i = 0; i < 16; i++) jpeg_save_markers(&from->info, JPEG_APP0 + i, 0xFFFF);
    jpeg_read_header(&from->info, TRUE);
    // What stands between the scans is none of the known segments.
    jpeg_save_markers(&from->info, JPEG_COM, 0);
    for (int i = 0; i < 16; i++) jpeg_save_markers(&from->info, JPEG_APP0 + i, 0);
}

/// All that one edit needs, freed together.
typedef struct {
    source original, changed;
    cvc_jpeg_encoder encoder, writer;
    cvc_encoded coded;  // the changed image
} edit;

/// A step of 0, which a damaged table may have, is divided by; decoding only multiplies.
static void check_tables(struct jpeg_compress_struct *info) {
    for (int t = 0; t < NUM_QUANT_TBLS; t++) {
        const JQUANT_TBL *table = info->quant_tbl_ptrs[t];
        for (int i = 0; table && i < DCTSIZE2; i++)
            if (table->quantval[i] == 0) ERREXIT1(info, JERR_NO_QUANT_TABLE, t);
    }
}

/// Codes the changed image with the sampling and the tables of the original.
static void code_changes(edit *edit, const uint8_t *samples, int channels, cvc_encoded *result) {
    struct jpeg_compress_struct *info = &edit->encoder.info;
    cvc_jpeg_create(&edit->encoder, &edit->coded);
    if (setjmp(edit->coded.escape)) {
        memcpy(result->message, edit->coded.message, sizeof result->message);
        longjmp(result->escape, 1);
    }
    jpeg_copy_critical_parameters(&edit->original.info, info);
    check_tables(info);
    info->input_components = channels;
    info->in_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_start_compress(info, TRUE);
    cvc_jpeg_write_rows(info, samples);
    jpeg_finish_compress(info);
}

static uint32_t smaller(uint32_t a, uint32_t b) { return a < b ? a : b; }

/// Copies the blocks of one component that a region touches: whole units of all components, so that none shows half of it.
static void copy_blocks(edit *edit, const cvc_region *region, int component, jvirt_barray_ptr to, jvirt_barray_ptr from) {
    struct jpeg_decompress_struct *original = &edit->original.info;
    struct jpeg_decompress_struct *changed = &edit->changed.info;
    const jpeg_component_info *c = &original->comp_info[component];
    uint32_t unit_width = (uint32_t)original->max_h_samp_factor * DCTSIZE;
    uint32_t unit_height = (uint32_t)original->max_v_samp_factor * DCTSIZE;
    uint32_t h = (uint32_t)c->h_samp_factor, v = (uint32_t)c->v_samp_factor;
    uint32_t left = region->left / unit_width * h;
    uint32_t right = smaller((region->right + unit_width - 1) / unit_width * h, c->width_in_blocks);
    uint32_t top = region->top / unit_height * v;
    uint32_t bottom = smaller((region->bottom + unit_height - 1) / unit_height * v, c->height_in_blocks);
    if (left >= right) return;
    for (uint32_t row = top; row < bottom; row++) {
        JBLOCKARRAY target = original->mem->access_virt_barray((j_common_ptr)original, to, row, 1, TRUE);
        JBLOCKARRAY blocks = changed->mem->access_virt_barray((j_common_ptr)changed, from, row, 1, FALSE);
        memcpy(target[0] + left, blocks[0] + left, (right - left) * sizeof(JBLOCK));
    }
}

/// Writes the saved markers, but for those that the library writes itself.
static void write_markers(struct jpeg_decompress_struct *from, struct jpeg_compress_struct *to) {
    for (jpeg_saved_marker_ptr marker = from->marker_list; marker; marker = marker->next) {
        bool is_jfif = marker->marker == JPEG_APP0 && marker->data_length >= 5 && !memcmp(marker->data, "JFIF", 5);
        bool is_adobe = marker->marker == JPEG_APP0 + 14 && marker->data_length >= 5 && !memcmp(marker->data, "Adobe", 5);
        if ((is_jfif && to->write_JFIF_header) || (is_adobe && to->write_Adobe_marker)) continue;
        jpeg_write_marker(to, marker->marker, marker->data, marker->data_length);
    }
}

static void write_edited(edit *edit, jvirt_barray_ptr *coefficients, cvc_encoded *result) {
    struct jpeg_decompress_struct *from = &edit->original.info;
    struct jpeg_compress_struct *to = &edit->writer.info;
    cvc_jpeg_create(&edit->writer, result);
    jpeg_copy_critical_parameters(from, to);
    to->arith_code = from->arith_code;
    to->optimize_coding = !from->arith_code;
    to->restart_interval = from->restart_interval;
    if (from->progressive_mode) jpeg_simple_progression(to);
    jpeg_write_coefficients(to, coefficients);
    write_markers(from, to);
    jpeg_finish_compress(to);
}

static void run(edit *edit, const uint8_t *bytes, size_t count, int max_scans, const uint8_t *samples, int channels,
                const cvc_region *regions, size_t region_count, cvc_encoded *result) {
    open_source(&edit->original, bytes, count, max_scans, result);
    struct jpeg_decompress_struct *original = &edit->original.info;
    if (original->num_components != channels) ERREXIT(original, JERR_CONVERSION_NOTIMPL);
    jvirt_barray_ptr *coefficients = jpeg_read_coefficients(original);
    code_changes(edit, samples, channels, result);
    open_source(&edit->changed, edit->coded.bytes, edit->coded.count, max_scans, result);
    jvirt_barray_ptr *changes = jpeg_read_coefficients(&edit->changed.info);
    for (size_t i = 0; i < region_count; i++)
        for (int c = 0; c < channels; c++) copy_blocks(edit, &regions[i], c, coefficients[c], changes[c]);
    write_edited(edit, coefficients, result);
}

cvc_encoded *cvc_jpeg_replace(const uint8_t *bytes, size_t count, int max_scans, const uint8_t *samples, int channels,
                              const cvc_region *regions, size_t region_count) {
    cvc_encoded *result = calloc(1, sizeof *result);
    edit *all = calloc(1, sizeof *all);
    if (!result || !all) {
        free(result);
        free(all);
        return NULL;
    }
    if (!setjmp(result->escape)) {
        run(all, bytes, count, max_scans, samples, channels, regions, region_count, result);
    } else {
        free(result->bytes);
        result->bytes = NULL;
    }
    // Destroying one that was not created does nothing.
    jpeg_destroy_decompress(&all->original.info);
    jpeg_destroy_decompress(&all->changed.info);
    jpeg_destroy_compress(&all->encoder.info);
    jpeg_destroy_compress(&all->writer.info);
    free(all->coded.bytes);
    free(all);
    return result;
}

int cvc_jpeg_components(const uint8_t *bytes, size_t count) {
    cvc_encoded escape = {0};
    source *from = calloc(1, sizeof *from);
    if (!from) return 0;
    int components = 0;
    if (!setjmp(escape.escape)) {
        open_source(from, bytes, count, 1, &escape);
        components = from->info.num_components;
    }
    jpeg_destroy_decompress(&from->info);
    free(from);
    return components;
}
