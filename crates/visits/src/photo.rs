//! Photos: decoded within limits, made smaller, written anew as JPEG; whatever was hidden in the
//! file (place, time, device) does not survive. Their look is hashed at the same time.

use field::{Developed, HASH_PIXELS, dhash};
use image::imageops::FilterType;
use image::{ImageFormat, ImageReader, Limits};
use std::io::Cursor;

/// Longest side that is kept, in pixels.
const SIDE_MAX: u32 = 1_280;
/// Largest picture that is decoded, in pixels per side and bytes of memory.
const DECODE_SIDE_MAX: u32 = 12_000;
const DECODE_BYTES_MAX: u64 = 160 << 20;
const QUALITY: u8 = 75;

/// Decodes a JPEG or PNG, hashes its look and encodes it anew.
///
/// # Errors
/// When it is no picture, or too large; in words for the person who sent it.
pub fn develop(bytes: &[u8]) -> Result<Developed, String> {
    let unreadable = || "Foto tidak dapat dibaca atau terlalu besar. Coba foto lain.".to_owned();
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
    let small = picture.thumbnail_exact(36, 32).resize_exact(9, 8, FilterType::Triangle).to_luma8();
    let mut greys = [0; HASH_PIXELS];
    for (grey, pixel) in greys.iter_mut().zip(small.pixels()) {
        *grey = pixel.0[0];
    }
    let mut jpeg = Vec::new();
    let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, QUALITY);
    picture.to_rgb8().write_with_encoder(encoder).map_err(|_| unreadable())?;
    Ok(Developed { jpeg, hash: dhash(&greys) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{DynamicImage, Rgb, RgbImage};

    fn house(seed: u32, side: u32, quality: u8) -> Vec<u8> {
        let picture = RgbImage::from_fn(side, side, |x, y| {
            let (x, y) = (x * 12 / side, y * 12 / side);
            let value = (x * 7 + y * 13 + seed * (x ^ y) * 31) % 251;
            Rgb([value as u8, (value / 2) as u8, 90])
        });
        let mut out = Vec::new();
        let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut out, quality);
        DynamicImage::ImageRgb8(picture).write_with_encoder(encoder).unwrap();
        out
    }

    #[test]
    fn the_same_photo_smaller_or_saved_again_has_the_same_look() {
        let first = develop(&house(3, 800, 90)).unwrap();
        let again = develop(&house(3, 400, 60)).unwrap();
        let other = develop(&house(4, 800, 90)).unwrap();
        assert!(field::distance(first.hash, again.hash) <= 3);
        assert!(field::distance(first.hash, other.hash) > 3);
    }

    #[test]
    fn hidden_data_does_not_survive_and_rubbish_is_refused() {
        let mut bytes = house(1, 64, 80);
        let secret = b"Exif\0\0GPS -8.65,116.32";
        let mut segment = vec![0xFF, 0xE1, 0, (secret.len() + 2) as u8];
        segment.extend_from_slice(secret);
        bytes.splice(2..2, segment);
        let made = develop(&bytes).unwrap();
        assert!(!made.jpeg.windows(4).any(|w| w == b"GPS "));
        for bytes in [&b""[..], b"%PDF-1.7", b"GIF89a", &house(1, 64, 80)[..40]] {
            assert!(develop(bytes).is_err());
        }
    }
}
