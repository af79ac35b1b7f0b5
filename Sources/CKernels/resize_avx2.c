#include "resize_internal.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

/// Sum of the products of both halves, rounded and shifted: four 32-bit samples, not yet clamped.
static inline __m128i finish(__m256i high, __m256i low) {
    __m256i sum = _mm256_add_epi32(_mm256_slli_epi32(high, CVK_LOW_BITS), low);
    __m128i pixel = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
    return _mm_srai_epi32(_mm_add_epi32(pixel, _mm_set1_epi32(1 << (CVK_WEIGHT_BITS - 1))), CVK_WEIGHT_BITS);
}

/// One output pixel in each of `rows` rows (a compile-time constant after inlining), which share the weights.
///
/// A register holds four taps: 16-bit pairs (tap 0, tap 1) of each channel in the lower half, (tap 2, tap 3) in
/// the upper, so that one multiply-add covers two taps of every channel.
static inline __attribute__((always_inline)) void resize_pixel(const uint8_t *src, size_t src_stride, uint8_t *dst,
                                                               size_t dst_stride, int rows, int channels,
                                                               int32_t count, const int16_t *weights) {
    const __m256i pairs =
        channels == 3
            ? _mm256_setr_epi8(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1,   //
                               6, -1, 9, -1, 7, -1, 10, -1, 8, -1, 11, -1, -1, -1, -1, -1)
            : _mm256_setr_epi8(0, -1, 4, -1, 1, -1, 5, -1, 2, -1, 6, -1, 3, -1, 7, -1,     //
                               8, -1, 12, -1, 9, -1, 13, -1, 10, -1, 14, -1, 11, -1, 15, -1);
    const __m256i spread = _mm256_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1);
    const __m256i spread_low = _mm256_setr_epi32(2, 2, 2, 2, 3, 3, 3, 3);
    __m256i high[4], low[4];
    for (int y = 0; y < rows; y++) high[y] = low[y] = _mm256_setzero_si256();
    for (int32_t tap = 0; tap < count; tap += CVK_GROUP) {
        __m256i both = _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(weights + 2 * tap)));
        __m256i w_high = _mm256_permutevar8x32_epi32(both, spread);
        __m256i w_low = _mm256_permutevar8x32_epi32(both, spread_low);
        for (int y = 0; y < rows; y++) {
            const uint8_t *at = src + (size_t)y * src_stride + (size_t)tap * (size_t)channels;
            __m256i in = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)at));
            in = _mm256_shuffle_epi8(in, pairs);
            high[y] = _mm256_add_epi32(high[y], _mm256_madd_epi16(in, w_high));
            low[y] = _mm256_add_epi32(low[y], _mm256_madd_epi16(in, w_low));
        }
    }
    for (int y = 0; y < rows; y++) {
        __m128i words = _mm_packs_epi32(finish(high[y], low[y]), _mm_setzero_si128());
        uint32_t pixel = (uint32_t)_mm_cvtsi128_si32(_mm_packus_epi16(words, words));
        memcpy(dst + (size_t)y * dst_stride, &pixel, (size_t)channels);
    }
}

/// Resizes `rows` rows; pixels whose 16-byte loads would reach past the end of the row are computed in scalar code.
static inline __attribute__((always_inline)) void resize_rows(const uint8_t *src, size_t src_stride,
                                                              int32_t src_width, uint8_t *dst, size_t dst_stride,
                                                              int32_t dst_width, int rows, int channels,
                                                              const cvk_taps *taps, const int16_t *weights) {
    int32_t x = 0;
    for (; x < dst_width; x++) {
        int32_t padded = (taps[x].count + CVK_GROUP - 1) / CVK_GROUP * CVK_GROUP;
        int64_t end = ((int64_t)taps[x].start + padded - CVK_GROUP) * channels + 16;
        if (end > (int64_t)src_width * channels) break;
        resize_pixel(src + (size_t)taps[x].start * (size_t)channels, src_stride,
                     dst + (size_t)x * (size_t)channels, dst_stride, rows, channels, taps[x].count,
                     weights + (ptrdiff_t)taps[x].groups * 2 * CVK_GROUP);
    }
    for (int y = 0; y < rows; y++)
        cvk_resize_pixels(src + (size_t)y * src_stride, dst + (size_t)y * dst_stride, x, dst_width, channels, taps,
                          weights);
}

void cvk_resize_rows_avx2(const uint8_t *src, size_t src_stride, int32_t src_width, uint8_t *dst, size_t dst_stride,
                          int32_t dst_width, int32_t rows, int32_t channels, const cvk_taps *taps,
                          const int16_t *weights) {
    int32_t y = 0;
    for (; y + 4 <= rows; y += 4) {
        const uint8_t *in = src + (size_t)y * src_stride;
        uint8_t *out = dst + (size_t)y * dst_stride;
        if (channels == 3)
            resize_rows(in, src_stride, src_width, out, dst_stride, dst_width, 4, 3, taps, weights);
        else
            resize_rows(in, src_stride, src_width, out, dst_stride, dst_width, 4, 4, taps, weights);
    }
    for (; y < rows; y++) {
        const uint8_t *in = src + (size_t)y * src_stride;
        uint8_t *out = dst + (size_t)y * dst_stride;
        if (channels == 3)
            resize_rows(in, src_stride, src_width, out, dst_stride, dst_width, 1, 3, taps, weights);
        else
            resize_rows(in, src_stride, src_width, out, dst_stride, dst_width, 1, 4, taps, weights);
    }
}

/// Weights of taps `tap` and `tap` + 1 in every 32-bit lane; half: 0 for the high halves, 1 for the low ones.
static inline __m256i weight_pair(const int16_t *weights, int32_t tap, int half) {
    int32_t pair;
    memcpy(&pair, weights + (tap / CVK_GROUP) * 2 * CVK_GROUP + half * CVK_GROUP + tap % CVK_GROUP, sizeof pair);
    return _mm256_set1_epi32(pair);
}

void cvk_resize_column_avx2(const uint8_t *src, size_t stride, int32_t count, const int16_t *weights, uint8_t *dst,
                            size_t bytes) {
    size_t x = 0;
    for (; x + 16 <= bytes; x += 16) {
        __m256i high0 = _mm256_setzero_si256(), low0 = high0, high1 = high0, low1 = high0;
        for (int32_t tap = 0; tap < count; tap += 2) {
            const uint8_t *first = src + (size_t)tap * stride + x;
            // Without a second row its weight is 0: read the first again.
            const uint8_t *second = tap + 1 < count ? first + stride : first;
            __m128i a = _mm_loadu_si128((const __m128i *)first), b = _mm_loadu_si128((const __m128i *)second);
            __m256i in0 = _mm256_cvtepu8_epi16(_mm_unpacklo_epi8(a, b));
            __m256i in1 = _mm256_cvtepu8_epi16(_mm_unpackhi_epi8(a, b));
            __m256i w_high = weight_pair(weights, tap, 0), w_low = weight_pair(weights, tap, 1);
            high0 = _mm256_add_epi32(high0, _mm256_madd_epi16(in0, w_high));
            high1 = _mm256_add_epi32(high1, _mm256_madd_epi16(in1, w_high));
            low0 = _mm256_add_epi32(low0, _mm256_madd_epi16(in0, w_low));
            low1 = _mm256_add_epi32(low1, _mm256_madd_epi16(in1, w_low));
        }
        const __m256i half = _mm256_set1_epi32(1 << (CVK_WEIGHT_BITS - 1));
        __m256i sum0 = _mm256_add_epi32(_mm256_add_epi32(_mm256_slli_epi32(high0, CVK_LOW_BITS), low0), half);
        __m256i sum1 = _mm256_add_epi32(_mm256_add_epi32(_mm256_slli_epi32(high1, CVK_LOW_BITS), low1), half);
        // Packing works within 128-bit halves; the permutation restores the order of the words.
        __m256i words =
            _mm256_packs_epi32(_mm256_srai_epi32(sum0, CVK_WEIGHT_BITS), _mm256_srai_epi32(sum1, CVK_WEIGHT_BITS));
        words = _mm256_permute4x64_epi64(words, 0xD8);
        __m128i packed = _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
        _mm_storeu_si128((__m128i *)(dst + x), packed);
    }
    cvk_resize_samples(src, stride, count, weights, dst, x, bytes);
}

#pragma clang attribute pop
#endif
