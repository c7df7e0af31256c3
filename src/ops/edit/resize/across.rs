//! Interpolation along rows, eight results at a time.
//!
//! Neighboring results need neighboring samples, so that the samples of eight results are mostly in
//! one or two registers, from which the processor gathers them.

use super::taps::Taps;
use crate::ops::kernel::{Kernel, run_kernel};
use crate::video::Real;

/// Number of results computed at a time.
const GROUP: usize = 8;

/// Samples of a row that contribute to each result, and their weights.
pub(super) struct Across<R> {
    groups: Vec<ResultGroup>,
    /// Weights, grouped by tap for the results of each group.
    weights: Vec<[R; GROUP]>,
    channels: usize,
    /// Start of the row in memory that also holds its extension on both sides.
    begin: usize,
    in_len: usize,
    /// End of the extension after the row.
    end: usize,
    /// Memory length: the registers of the last results may extend beyond the end.
    memory_len: usize,
    pub(super) out_len: usize,
    /// Number of registers that hold the samples of any group.
    registers: usize,
}

/// Neighboring results.
struct ResultGroup {
    /// First sample of any of them.
    first: usize,
    /// Distance of each result's first sample from it.
    offsets: [u32; GROUP],
    /// Number of samples of each result, followed by the maximum.
    counts: [u32; GROUP],
    most: usize,
    is_even: bool,
}

impl<R: Real> Across<R> {
    /// Weights for rows of `len` pixels.
    pub(super) fn new(taps: &Taps, len: usize, channels: usize) -> Self {
        let (before, after) = taps.reach(len);
        let mut across = Self {
            groups: Vec::new(),
            weights: Vec::new(),
            channels,
            begin: before * channels,
            in_len: len * channels,
            end: (before + len + after) * channels,
            memory_len: 0,
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
        let registers = across.registers * GROUP;
        let reach = |group: &ResultGroup| group.first + group.most * channels + registers;
        let furthest = across.groups.iter().map(reach).max();
        across.memory_len = furthest.unwrap_or(0).max(across.end);
        across
    }

    fn push(&mut self, results: &[(usize, &[f32])]) {
        let of_lane = |lane: usize| results[lane.min(results.len() - 1)];
        let firsts: [usize; GROUP] = std::array::from_fn(|lane| of_lane(lane).0);
        let lens: [usize; GROUP] = std::array::from_fn(|lane| of_lane(lane).1.len());
        let first = firsts.into_iter().min().unwrap_or(0);
        let last = firsts.into_iter().max().unwrap_or(0);
        let most = lens.into_iter().max().unwrap_or(0);
        self.registers = self
            .registers
            .max((last - first) / GROUP + 1)
            .next_power_of_two();
        let weight = |lane: usize, tap: usize| of_lane(lane).1.get(tap).copied().unwrap_or(0.0);
        self.weights.extend(
            (0..most).map(|tap| std::array::from_fn(|lane| R::from_element(weight(lane, tap)))),
        );
        self.groups.push(ResultGroup {
            first,
            offsets: firsts.map(|offset| (offset - first) as u32),
            counts: lens.map(|len| len as u32),
            most,
            is_even: lens.iter().all(|len| *len == most),
        });
    }

    /// Memory for a row and its extension on both sides.
    pub(super) fn memory(&self) -> Vec<R> {
        vec![R::zero(); self.memory_len]
    }

    /// Part of the memory for the row.
    pub(super) fn row<'a>(&self, memory: &'a mut [R]) -> &'a mut [R] {
        &mut memory[self.begin..self.begin + self.in_len]
    }

    /// Interpolates the row in the memory.
    #[inline(always)]
    fn run(&self, gather: impl Gather<R>, memory: &mut [R], out: &mut [R]) {
        self.repeat_ends(memory);
        match self.registers {
            1 => self.sum::<1>(gather, memory, out),
            2 => self.sum::<2>(gather, memory, out),
            4 => self.sum::<4>(gather, memory, out),
            _ => self.sum::<1>(ScalarGather, memory, out),
        }
    }

    #[inline(always)]
    fn repeat_ends(&self, memory: &mut [R]) {
        let (begin, end) = (self.begin, self.begin + self.in_len);
        for i in (0..begin).rev() {
            memory[i] = memory[i + self.channels];
        }
        for i in end..self.end {
            memory[i] = memory[i - self.channels];
        }
    }

    #[inline(always)]
    fn sum<const N: usize>(&self, gather: impl Gather<R>, memory: &[R], out: &mut [R]) {
        let mut weights = self.weights.as_slice();
        let (whole, rest) = out.as_chunks_mut::<GROUP>();
        let (groups, last) = self.groups.split_at(whole.len());
        for (group, out) in groups.iter().zip(whole) {
            *out = self.sum_group::<N>(gather, memory, group, &mut weights);
        }
        for group in last {
            let sums = self.sum_group::<N>(gather, memory, group, &mut weights);
            rest.copy_from_slice(&sums[..rest.len()]);
        }
    }

    #[inline(always)]
    fn sum_group<const N: usize>(
        &self,
        gather: impl Gather<R>,
        memory: &[R],
        group: &ResultGroup,
        weights: &mut &[[R; GROUP]],
    ) -> [R; GROUP] {
        let (of_group, others) = weights.split_at(group.most);
        *weights = others;
        let samples = &memory[group.first..];
        if !group.is_even {
            return self.sum_taps::<N, false>(gather, samples, group, of_group);
        }
        // Common numbers of weights are summed without a loop.
        match of_group.len() {
            2 => self.sum_taps::<N, true>(gather, samples, group, &of_group[..2]),
            4 => self.sum_taps::<N, true>(gather, samples, group, &of_group[..4]),
            8 => self.sum_taps::<N, true>(gather, samples, group, &of_group[..8]),
            _ => self.sum_taps::<N, true>(gather, samples, group, of_group),
        }
    }

    /// Results with fewer samples than others of their group must not use samples of the others,
    /// which may be infinite or NaN.
    #[allow(clippy::needless_range_loop)]
    #[inline(always)]
    fn sum_taps<const N: usize, const IS_EVEN: bool>(
        &self,
        gather: impl Gather<R>,
        samples: &[R],
        group: &ResultGroup,
        weights: &[[R; GROUP]],
    ) -> [R; GROUP] {
        let mut sums = [R::zero(); GROUP];
        for tap in 0..weights.len() {
            let mut gathered = gather.gather::<N>(&samples[tap * self.channels..], &group.offsets);
            if !IS_EVEN {
                for lane in 0..GROUP {
                    let is_part = (tap as u32) < group.counts[lane];
                    gathered[lane] = if is_part { gathered[lane] } else { R::zero() };
                }
            }
            sums = gather.add_products(sums, weights[tap], gathered);
        }
        sums
    }
}

/// Interpolation of a row: a function of its own, so that it is compiled once for all sample types.
pub(super) type Interpolate<R> = fn(&Across<R>, &mut [R], &mut [R]);

/// Interpolates the row in the memory on any processor.
pub(super) fn interpolate<R: Real>(across: &Across<R>, memory: &mut [R], out: &mut [R]) {
    run_kernel(&Row(across, ScalarGather), (memory, out));
}

/// Interpolates the row in the memory with the instructions of this processor.
pub(super) fn interpolate_single(across: &Across<f32>, memory: &mut [f32], out: &mut [f32]) {
    #[cfg(target_arch = "x86_64")]
    if let Some(simd) = pulp::x86::V3::try_new() {
        return simd.vectorize(RowAtOnce(Row(across, simd), memory, out));
    }
    interpolate(across, memory, out);
}

struct Row<'a, R, P>(&'a Across<R>, P);

impl<R: Real, P: Gather<R>> Kernel<(&mut [R], &mut [R])> for Row<'_, R, P> {
    #[inline(always)]
    fn run(&self, (memory, out): (&mut [R], &mut [R])) {
        self.0.run(self.1, memory, out);
    }
}

/// Interpolates a row on processors that can gather eight samples at once.
#[cfg(target_arch = "x86_64")]
struct RowAtOnce<'a>(Row<'a, f32, pulp::x86::V3>, &'a mut [f32], &'a mut [f32]);

#[cfg(target_arch = "x86_64")]
impl pulp::NullaryFnOnce for RowAtOnce<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        self.0.run((self.1, self.2));
    }
}

/// Operations on eight samples at a time.
trait Gather<R>: Copy + Send + Sync {
    /// Samples at offsets within the first `N` registers.
    fn gather<const N: usize>(self, samples: &[R], offsets: &[u32; GROUP]) -> [R; GROUP];
    /// Sums plus the products of samples and their weights.
    fn add_products(self, sums: [R; GROUP], weights: [R; GROUP], samples: [R; GROUP])
    -> [R; GROUP];
}

/// Gathers samples at any offset, on any processor.
#[derive(Clone, Copy)]
struct ScalarGather;

impl<R: Real> Gather<R> for ScalarGather {
    #[inline(always)]
    fn gather<const N: usize>(self, samples: &[R], offsets: &[u32; GROUP]) -> [R; GROUP] {
        offsets.map(|offset| samples[offset as usize])
    }

    #[inline(always)]
    fn add_products(
        self,
        sums: [R; GROUP],
        weights: [R; GROUP],
        samples: [R; GROUP],
    ) -> [R; GROUP] {
        std::array::from_fn(|lane| sums[lane] + weights[lane] * samples[lane])
    }
}

#[cfg(target_arch = "x86_64")]
impl Gather<f32> for pulp::x86::V3 {
    #[inline(always)]
    fn gather<const N: usize>(self, samples: &[f32], offsets: &[u32; GROUP]) -> [f32; GROUP] {
        let registers = &samples.as_chunks::<GROUP>().0[..N];
        let lanes = pulp::cast(*offsets);
        let gather = |register: usize| {
            let register = pulp::cast(registers[register]);
            self.avx2._mm256_permutevar8x32_ps(register, lanes)
        };
        let mut gathered = gather(0);
        for register in 1..N {
            let last_before = self.avx._mm256_set1_epi32((register * GROUP) as i32 - 1);
            let is_behind = self.avx2._mm256_cmpgt_epi32(lanes, last_before);
            let is_behind = pulp::cast(is_behind);
            gathered = self
                .avx
                ._mm256_blendv_ps(gathered, gather(register), is_behind);
        }
        pulp::cast(gathered)
    }

    // Separate multiplication and addition, not fused, for the same sums on all processors.
    #[inline(always)]
    fn add_products(
        self,
        sums: [f32; GROUP],
        weights: [f32; GROUP],
        samples: [f32; GROUP],
    ) -> [f32; GROUP] {
        let products = self
            .avx
            ._mm256_mul_ps(pulp::cast(weights), pulp::cast(samples));
        pulp::cast(self.avx._mm256_add_ps(pulp::cast(sums), products))
    }
}
