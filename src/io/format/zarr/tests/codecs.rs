//! Lists of codecs of version 3, generated randomly and encoded by their definitions.

use super::*;

/// The samples of a box of an array, the last axis varying fastest, and its shape.
#[derive(Clone)]
struct TestBox {
    shape: Vec<usize>,
    samples: Vec<u16>,
}

impl TestBox {
    fn at(&self, index: &[usize]) -> u16 {
        let along = index.iter().zip(&self.shape);
        self.samples[along.fold(0, |at, (index, len)| at * len + index)]
    }

    fn made(shape: &[usize], sample: impl Fn(&[usize]) -> u16) -> Self {
        let samples = indices(shape).iter().map(|index| sample(index)).collect();
        Self {
            shape: shape.to_vec(),
            samples,
        }
    }
}

fn list(json: &serde_json::Value) -> Vec<usize> {
    serde_json::from_value(json.clone()).unwrap()
}

/// Encodes a chunk step by step, following the specification.
fn encoded(chunk: &TestBox, codecs: &[serde_json::Value]) -> Vec<u8> {
    let (codec, rest) = codecs.split_first().unwrap();
    let settings = &codec["configuration"];
    match codec["name"].as_str().unwrap() {
        "transpose" => {
            let order = list(&settings["order"]);
            let shape: Vec<usize> = order.iter().map(|axis| chunk.shape[*axis]).collect();
            let turned = TestBox::made(&shape, |index| {
                let mut from = vec![0; index.len()];
                order
                    .iter()
                    .zip(index)
                    .for_each(|(axis, index)| from[*axis] = *index);
                chunk.at(&from)
            });
            encoded(&turned, rest)
        }
        "bytes" => {
            let word = |sample: &u16| match settings["endian"].as_str() {
                Some("big") => sample.to_be_bytes(),
                _ => sample.to_le_bytes(),
            };
            let bytes: Vec<u8> = chunk.samples.iter().flat_map(word).collect();
            rest.iter().fold(bytes, |bytes, codec| {
                match codec["name"].as_str().unwrap() {
                    "gzip" => gzip(&bytes),
                    _ => summed(bytes),
                }
            })
        }
        _ => {
            let inner = list(&settings["chunk_shape"]);
            let counts: Vec<usize> = chunk.shape.iter().zip(&inner).map(|(o, i)| o / i).collect();
            let is_first = settings["index_location"] == "start";
            let index_codecs = settings["index_codecs"].as_array().unwrap();
            let numbers = 2 * counts.iter().product::<usize>();
            let sums = index_codecs
                .iter()
                .filter(|codec| codec["name"] == "crc32c")
                .count();
            let list_len = 8 * numbers + 4 * sums;
            let mut data = Vec::new();
            let mut positions = Vec::new();
            for position in indices(&counts) {
                let part = TestBox::made(&inner, |index| {
                    let at: Vec<usize> = (0..index.len())
                        .map(|axis| position[axis] * inner[axis] + index[axis])
                        .collect();
                    chunk.at(&at)
                });
                if part.samples.iter().all(|sample| *sample == 9) {
                    positions.push([u64::MAX; 2]);
                    continue;
                }
                let bytes = encoded(&part, settings["codecs"].as_array().unwrap());
                let before = if is_first { list_len } else { 0 };
                positions.push([(before + data.len()) as u64, bytes.len() as u64]);
                data.extend(bytes);
            }
            let mut shape = [counts, vec![2]].concat();
            let mut numbers = positions.concat();
            let mut list_bytes = Vec::new();
            for codec in index_codecs {
                match codec["name"].as_str().unwrap() {
                    "transpose" => {
                        let order = list(&codec["configuration"]["order"]);
                        let turned: Vec<usize> = order.iter().map(|axis| shape[*axis]).collect();
                        numbers = indices(&turned)
                            .into_iter()
                            .map(|index| {
                                let mut from = vec![0; index.len()];
                                order
                                    .iter()
                                    .zip(index)
                                    .for_each(|(axis, at)| from[*axis] = at);
                                let along = from.iter().zip(&shape);
                                numbers[along.fold(0, |at, (index, len)| at * len + index)]
                            })
                            .collect();
                        shape = turned;
                    }
                    "bytes" => {
                        let word = |number: &u64| match codec["configuration"]["endian"].as_str() {
                            Some("big") => number.to_be_bytes(),
                            _ => number.to_le_bytes(),
                        };
                        list_bytes = numbers.iter().flat_map(word).collect();
                    }
                    _ => list_bytes = summed(list_bytes),
                }
            }
            match is_first {
                true => [list_bytes, data].concat(),
                false => [data, list_bytes].concat(),
            }
        }
    }
}

fn summed(bytes: Vec<u8>) -> Vec<u8> {
    let sum = chunk_codecs::Checksum::Crc32c.of(&bytes).to_le_bytes();
    [bytes, sum.to_vec()].concat()
}

/// Transposes, nested shards, and lists of any form; deterministic.
#[test]
fn every_list_of_codecs_is_followed() {
    let mut state = 1u64;
    let mut random = |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) as usize % below
    };
    for case in 0..300 {
        let order = |random: &mut dyn FnMut(usize) -> usize, rank: usize| {
            let mut order: Vec<usize> = (0..rank).collect();
            (1..rank).for_each(|axis| order.swap(axis, random(axis + 1)));
            json!({"name": "transpose", "configuration": {"order": order}})
        };
        let endian = |random: &mut dyn FnMut(usize) -> usize| {
            let order = ["little", "big"][random(2)];
            json!({"name": "bytes", "configuration": {"endian": order}})
        };
        // From the innermost chunk outward, each axis has the length of all levels together.
        let mut codecs = vec![endian(&mut random)];
        codecs.extend((0..random(3)).map(|_| match random(2) {
            0 => json!({"name": "gzip"}),
            _ => json!({"name": "crc32c"}),
        }));
        let mut chunk: Vec<usize> = (0..3).map(|_| 1 + random(3)).collect();
        for level in (0..1 + random(3)).rev() {
            for _ in 0..random(3) {
                let turn = order(&mut random, 3);
                let mut before = vec![0; 3];
                let turned = list(&turn["configuration"]["order"]);
                turned
                    .iter()
                    .zip(&chunk)
                    .for_each(|(axis, len)| before[*axis] = *len);
                chunk = before;
                codecs.insert(0, turn);
            }
            if level > 0 {
                let mut index_codecs = vec![endian(&mut random)];
                (0..random(2)).for_each(|_| index_codecs.insert(0, order(&mut random, 4)));
                (0..random(3)).for_each(|_| index_codecs.push(json!({"name": "crc32c"})));
                let location = ["start", "end"][random(2)];
                codecs = vec![json!({"name": "sharding_indexed", "configuration": {
                    "chunk_shape": chunk, "codecs": codecs, "index_codecs": index_codecs,
                    "index_location": location,
                }})];
                chunk = chunk.iter().map(|len| len * (1 + random(3))).collect();
            }
        }
        let shape: Vec<usize> = chunk.iter().map(|len| len + random(2 * len)).collect();
        let folder = tempfile::tempdir().unwrap();
        let array = json!({
            "zarr_format": 3, "node_type": "array", "shape": shape, "data_type": "uint16",
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": chunk}},
            "chunk_key_encoding": {"name": "default"}, "fill_value": 9, "codecs": codecs,
        });
        write(
            &folder.path().join("zarr.json"),
            array.to_string().as_bytes(),
        );
        let all = TestBox::made(&shape, |index| {
            let (t, y, x) = (index[0], index[1], index[2]);
            if (t + y) % 3 == 0 {
                9
            } else {
                (t * 400 + y * 20 + x) as u16
            }
        });
        let counts: Vec<usize> = shape
            .iter()
            .zip(&chunk)
            .map(|(s, c)| s.div_ceil(*c))
            .collect();
        for position in indices(&counts) {
            let part = TestBox::made(&chunk, |index| {
                let at: Vec<usize> = (0..3)
                    .map(|axis| position[axis] * chunk[axis] + index[axis])
                    .collect();
                match at.iter().zip(&shape).all(|(at, len)| at < len) {
                    true => all.at(&at),
                    false => 9,
                }
            });
            let name = format!("c/{}/{}/{}", position[0], position[1], position[2]);
            write(&folder.path().join(name), &encoded(&part, &codecs));
        }
        let video = load(folder.path(), None).unwrap_or_else(|e| panic!("{case}: {e}\n{array:#}"));
        assert_eq!(video.shape(), shape);
        assert_eq!(values(&video), all.samples, "{case}: {array:#}");
    }
}
