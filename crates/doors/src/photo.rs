//! Photos: decoded within limits, made smaller, written anew as JPEG. Whatever was hidden in the
//! file (place, time, device, a second file) does not survive.

use image::{ImageFormat, ImageReader, Limits};
use std::io::Cursor;

/// Longest side that is kept, in pixels.
const SIDE_MAX: u32 = 1_280;
/// Largest picture that is decoded, in pixels per side and bytes of memory.
const DECODE_SIDE_MAX: u32 = 12_000;
const DECODE_BYTES_MAX: u64 = 160 << 20;
const QUALITY: u8 = 78;

/// Decodes a JPEG or PNG and encodes it anew.
///
/// # Errors
/// When it is no picture, or too large; in words for the person who sent it.
pub(crate) fn clean(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut reader =
        ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|_| unreadable())?;
    if !matches!(reader.format(), Some(ImageFormat::Jpeg | ImageFormat::Png)) {
        return Err("Foto harus JPEG atau PNG.".to_owned());
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(DECODE_SIDE_MAX);
    limits.max_image_height = Some(DECODE_SIDE_MAX);
    limits.max_alloc = Some(DECODE_BYTES_MAX);
    reader.limits(limits);
    let picture = reader.decode().map_err(|_| unreadable())?;
    let picture = if picture.width().max(picture.height()) > SIDE_MAX {
        picture.thumbnail(SIDE_MAX, SIDE_MAX)
    } else {
        picture
    };
    let mut out = Vec::new();
    let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut out, QUALITY);
    picture.to_rgb8().write_with_encoder(encoder).map_err(|_| unreadable())?;
    Ok(out)
}

fn unreadable() -> String {
    "Foto tidak dapat dibaca atau terlalu besar. Coba foto lain.".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{DynamicImage, RgbImage};

    fn jpeg(side: u32) -> Vec<u8> {
        let mut out = Cursor::new(Vec::new());
        DynamicImage::ImageRgb8(RgbImage::from_pixel(side, side, image::Rgb([90, 120, 60])))
            .write_to(&mut out, ImageFormat::Jpeg)
            .unwrap();
        out.into_inner()
    }

    #[test]
    fn hidden_data_does_not_survive() {
        let mut bytes = jpeg(64);
        // An APP1 segment with a place, as cameras write it, and a tail behind the picture.
        let secret = b"Exif\0\0GPS -8.65,116.32 5202016304870002";
        let mut segment = vec![0xFF, 0xE1, 0, (secret.len() + 2) as u8];
        segment.extend_from_slice(secret);
        bytes.splice(2..2, segment);
        bytes.extend_from_slice(b"5202016304870002");
        let cleaned = clean(&bytes).unwrap();
        assert!(!cleaned.windows(4).any(|w| w == b"GPS " || w == b"5202"));
    }

    #[test]
    fn large_ones_become_small_and_rubbish_is_refused() {
        let cleaned = clean(&jpeg(3_000)).unwrap();
        let picture = image::load_from_memory(&cleaned).unwrap();
        assert_eq!(picture.width().max(picture.height()), 1_280);
        for bytes in [&b""[..], b"%PDF-1.7", b"GIF89a", &jpeg(64)[..40]] {
            assert!(clean(bytes).is_err());
        }
    }
}
