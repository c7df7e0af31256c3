//! Interpolation along rows, eight results at a time.
//!
//! Neighbouring results are made of neighbouring samples, so that the samples of eight results mostly
//! lie within one or two registers, from which the processor picks them.

use super::taps::Taps;
use crate::video::Real;

/// How many results are computed at a time.
const GROUP: usize = 8;

/// The samples of a row that each result is made of, and their weights.
pub(super) struct Across<R> {
    groups: Vec<Group>,
    /// Those of each tap of a group side by side.
    weights: Vec<[R; GROUP]>,
    channels: usize,
    /// Where a row begins in memory that holds what comes before and after it too.
    begin: usize,
    in_len: usize,
    padded_len: usize,
    pub(super) out_len: usize,
    /// In how many registers the samples of any group lie.
    registers: usize,
}

/// Neighbouring results.
struct Group {
    /// The first sample of any of them.
    first: usize,
    /// How far behind it each one's first sample is.
    places: [u32; GROUP],
    /// How many samples each one is made of, and all of them at most.
    counts: [u32; GROUP],
    most: usize,
    is_even: bool,
}

impl<R: Real> Across<R> {
    /// For rows of `len` pixels.
    pub(super) fn new(taps: &Taps, len: usize, channels: usize) -> Self {
        let (before, after) = taps.reach(len);
        let mut across = Self {
            groups: Vec::new(),
            weights: Vec::new(),
            channels,
            begin: before * channels,
            in_len: len * channels,
            padded_len: (before + len + after) * channels,
            out_len: taps.first.len() * channels,
            registers: 1,
        };
        let results: Vec<(usize, &[f32])> = (0..across.out_len)
            .map(|result| {
                let (col, channel) = (result / channels, result % channels);
                let first = (taps.first[col] + before as isize) as usize * channels + channel;
                (first, taps.weights(col))
            })
            .collect();
        for group in results.chunks(GROUP) {
            across.push(group);
        }
        for group in &across.groups {
            let last = group.first + (group.most.max(1) - 1) * channels;
            let end = last + across.registers * GROUP;
            across.padded_len = across.padded_len.max(end);
        }
        across
    }

    fn push(&mut self, results: &[(usize, &[f32])]) {
        let of_lane = |lane: usize| results[lane.min(results.len() - 1)];
        let firsts: [usize; GROUP] = std::array::from_fn(|lane| of_lane(lane).0);
        let lens: [usize; GROUP] = std::array::from_fn(|lane| of_lane(lane).1.len());
        let first = firsts.into_iter().min().unwrap_or(0);
        let last = firsts.into_iter().max().unwrap_or(0);
        let most = lens.into_iter().max().unwrap_or(0);
        self.registers = self.registers.max((last - first) / GROUP + 1);
        let weight = |lane: usize, tap: usize| of_lane(lane).1.get(tap).copied().unwrap_or(0.0);
        self.weights.extend(
            (0..most).map(|tap| std::array::from_fn(|lane| R::from_element(weight(lane, tap)))),
        );
        self.groups.push(Group {
            first,
            places: firsts.map(|place| (place - first) as u32),
            counts: lens.map(|len| len as u32),
            most,
            is_even: lens.iter().all(|len| *len == most),
        });
    }

    /// Memory for a row and what comes before and after it.
    pub(super) fn memory(&self) -> Vec<R> {
        vec![R::zero(); self.padded_len]
    }

    /// The part of the memory for the row.
    pub(super) fn row<'a>(&self, memory: &'a mut [R]) -> &'a mut [R] {
        &mut memory[self.begin..self.begin + self.in_len]
    }

    /// Interpolates the row in the memory.
    #[inline(always)]
    pub(super) fn run(&self, picks: impl Picks<R>, memory: &mut [R], out: &mut [R]) {
        self.repeat_ends(memory);
        match self.registers {
            1 => self.sum::<1>(picks, memory, out),
            2 => self.sum::<2>(picks, memory, out),
            3 | 4 if memory.len() >= 4 * GROUP => self.sum::<4>(picks, memory, out),
            _ => self.sum::<1>(OneByOne, memory, out),
        }
    }

    #[inline(always)]
    fn repeat_ends(&self, memory: &mut [R]) {
        let (begin, end) = (self.begin, self.begin + self.in_len);
        for i in (0..begin).rev() {
            memory[i] = memory[i + self.channels];
        }
        for i in end..memory.len() {
            memory[i] = memory[i - self.channels];
        }
    }

    #[inline(always)]
    fn sum<const N: usize>(&self, picks: impl Picks<R>, memory: &[R], out: &mut [R]) {
        let mut weights = self.weights.as_slice();
        let (whole, rest) = out.as_chunks_mut::<GROUP>();
        let (groups, last) = self.groups.split_at(whole.len());
        for (group, out) in groups.iter().zip(whole) {
            *out = self.sum_group::<N>(picks, memory, group, &mut weights);
        }
        for group in last {
            let sums = self.sum_group::<N>(picks, memory, group, &mut weights);
            rest.copy_from_slice(&sums[..rest.len()]);
        }
    }

    #[inline(always)]
    fn sum_group<const N: usize>(
        &self,
        picks: impl Picks<R>,
        memory: &[R],
        group: &Group,
        weights: &mut &[[R; GROUP]],
    ) -> [R; GROUP] {
        let (of_group, others) = weights.split_at(group.most);
        *weights = others;
        let samples = &memory[group.first..];
        match group.is_even {
            true => self.sum_taps::<N, true>(picks, samples, group, of_group),
            false => self.sum_taps::<N, false>(picks, samples, group, of_group),
        }
    }

    /// Results of fewer samples than others of their group must not see others' samples, which may
    /// be infinite or no numbers.
    #[allow(clippy::needless_range_loop)]
    #[inline(always)]
    fn sum_taps<const N: usize, const IS_EVEN: bool>(
        &self,
        picks: impl Picks<R>,
        samples: &[R],
        group: &Group,
        weights: &[[R; GROUP]],
    ) -> [R; GROUP] {
        let mut sums = [R::zero(); GROUP];
        for tap in 0..weights.len() {
            let picked = picks.pick::<N>(&samples[tap * self.channels..], &group.places);
            for lane in 0..GROUP {
                let product = weights[tap][lane] * picked[lane];
                let is_part = IS_EVEN || (tap as u32) < group.counts[lane];
                sums[lane] += if is_part { product } else { R::zero() };
            }
        }
        sums
    }
}

/// A way to pick samples.
pub(super) trait Picks<R>: Copy + Send + Sync {
    /// The samples at places within the first `N` registers.
    fn pick<const N: usize>(self, samples: &[R], places: &[u32; GROUP]) -> [R; GROUP];
}

/// Picks samples anywhere, on any processor.
#[derive(Clone, Copy)]
pub(super) struct OneByOne;

impl<R: Real> Picks<R> for OneByOne {
    #[inline(always)]
    fn pick<const N: usize>(self, samples: &[R], places: &[u32; GROUP]) -> [R; GROUP] {
        places.map(|place| samples[place as usize])
    }
}

#[cfg(target_arch = "x86_64")]
impl Picks<f32> for pulp::x86::V3 {
    #[inline(always)]
    fn pick<const N: usize>(self, samples: &[f32], places: &[u32; GROUP]) -> [f32; GROUP] {
        let registers = &samples.as_chunks::<GROUP>().0[..N];
        let lanes = pulp::cast(*places);
        let pick = |register: usize| {
            let register = pulp::cast(registers[register]);
            self.avx2._mm256_permutevar8x32_ps(register, lanes)
        };
        let mut picked = pick(0);
        for register in 1..N {
            let last_before = self.avx._mm256_set1_epi32((register * GROUP) as i32 - 1);
            let is_behind = self.avx2._mm256_cmpgt_epi32(lanes, last_before);
            let is_behind = pulp::cast(is_behind);
            picked = self.avx._mm256_blendv_ps(picked, pick(register), is_behind);
        }
        pulp::cast(picked)
    }
}
