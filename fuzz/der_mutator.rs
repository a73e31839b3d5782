//! Changes of DER at its items: tags, lengths, order, nesting. A mutation of single bytes rarely leaves the lengths around
//! it right, so most of what it makes ends at the outermost one.

use super::seed::Seed;

/// One item: where its tag, its content and its end are.
#[derive(Debug, Clone, Copy)]
struct Item {
    start: usize,
    content: usize,
    end: usize,
}

/// More items of one input are not looked at.
const MOST_ITEMS: usize = 4_096;

/// Every item whose tag has one byte and whose length is definite, outer ones before inner ones. What stands in OCTET
/// STRING and BIT STRING is looked into if it reads as an item.
fn items(bytes: &[u8]) -> Vec<Item> {
    let mut found = Vec::new();
    let mut runs = vec![(0, bytes.len())];
    while let Some((mut at, end)) = runs.pop() {
        while at < end && found.len() < MOST_ITEMS {
            let Some(item) = item(bytes, at, end) else { break };
            found.push(item);
            match bytes[at] {
                tag if tag & 0x20 != 0 => runs.push((item.content, item.end)),
                0x03 if item.end - item.content > 4 => runs.push((item.content + 1, item.end)),
                0x04 if item.end - item.content > 3 => runs.push((item.content, item.end)),
                _ => {}
            }
            at = item.end;
        }
    }
    found.sort_by_key(|item| (item.start, std::cmp::Reverse(item.end)));
    found
}

fn item(bytes: &[u8], start: usize, end: usize) -> Option<Item> {
    let tag = *bytes.get(start)?;
    let first = usize::from(*bytes.get(start + 1)?);
    let (content, length) = match first {
        0..=0x7f => (start + 2, first),
        0x81..=0x83 => {
            let digits = bytes.get(start + 2..start + 2 + (first & 0x7f))?;
            (start + 2 + digits.len(), digits.iter().fold(0, |sum, digit| sum << 8 | usize::from(*digit)))
        }
        _ => return None,
    };
    (tag & 0x1f != 0x1f && tag != 0 && length <= end.saturating_sub(content)).then_some(Item {
        start,
        content,
        end: content + length,
    })
}

fn header(tag: u8, length: usize) -> Vec<u8> {
    let digits: Vec<u8> = length.to_be_bytes().into_iter().skip_while(|digit| *digit == 0).collect();
    match length {
        0..0x80 => vec![tag, length as u8],
        _ => [&[tag, 0x80 | digits.len() as u8][..], &digits].concat(),
    }
}

/// Puts other bytes in an item's place, and writes the lengths of all items around it anew.
fn replace(bytes: &[u8], all: &[Item], item: Item, by: &[u8]) -> Vec<u8> {
    let mut inner = by.to_vec();
    let (mut start, mut end) = (item.start, item.end);
    // From the innermost of those around it outwards.
    for outer in all.iter().rev().filter(|outer| outer.content <= item.start && item.end <= outer.end) {
        if outer.start == item.start {
            continue;
        }
        inner = [&bytes[outer.content..start], &inner, &bytes[end..outer.end]].concat();
        inner = [header(bytes[outer.start], inner.len()), inner].concat();
        (start, end) = (outer.start, outer.end);
    }
    [&bytes[..start], &inner, &bytes[end..]].concat()
}

/// Tags of what certificates, requests and key stores are made of.
const TAGS: [u8; 20] = [
    0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0a, 0x0c, 0x13, 0x14, 0x16, 0x17, 0x18, 0x1c, 0x1e, 0x30, 0x31, 0xa0, 0xa3,
    0x80,
];

/// One change that the seed chooses; the bytes themselves if they hold no item.
pub fn changed(bytes: &[u8], seed: &mut Seed<'_>) -> Vec<u8> {
    let all = items(bytes);
    if all.is_empty() {
        return bytes.to_vec();
    }
    let item = all[seed.far_below(all.len())];
    let other = all[seed.far_below(all.len())];
    let (tag, content, whole) = (bytes[item.start], &bytes[item.content..item.end], &bytes[item.start..item.end]);
    let with_tag = |tag: u8| [header(tag, content.len()), content.to_vec()].concat();
    let place = |by: &[u8]| replace(bytes, &all, item, by);
    match seed.below(14) {
        0 => place(&with_tag(seed.pick(&TAGS))),
        1 => place(&with_tag(tag ^ (1 << seed.below(8)))),
        // A length that is not true, and what is around it left as it is.
        2 => {
            let mut made = bytes.to_vec();
            made[item.start + 1] = seed.pick(&[0x00, 0x7f, 0x80, 0x81, 0x82, 0x84, 0x88, 0xff]);
            made
        }
        3 => {
            let length = content.len().saturating_add_signed(isize::from(seed.byte() as i8));
            let false_one = [header(tag, length), content.to_vec()].concat();
            place(&false_one)
        }
        // A length in more bytes than it needs.
        4 => {
            let length = u32::try_from(content.len()).unwrap_or(u32::MAX).to_be_bytes();
            place(&[&[tag, 0x84][..], &length, content].concat())
        }
        5 => place(&[&[tag | 0x20, 0x80][..], content, &[0, 0]].concat()),
        6 => place(&[]),
        7 => place(&[whole, whole].concat()),
        8 => place(&bytes[other.start..other.end]),
        9 => place(&[header(tag, 0)].concat()),
        10 => place(&[header(seed.pick(&TAGS), whole.len()), whole.to_vec()].concat()),
        11 => place(&[header(tag, content.len() / 2), content[..content.len() / 2].to_vec()].concat()),
        12 => {
            let mut inner = content.to_vec();
            if !inner.is_empty() {
                let at = seed.far_below(inner.len());
                inner[at] = seed.byte();
            }
            place(&[header(tag, inner.len()), inner].concat())
        }
        // As many of it as fit.
        _ => {
            let times = (1 + seed.below(64)).min(8_192 / whole.len().max(1)).max(1);
            place(&whole.repeat(times))
        }
    }
}

/// libFuzzer's form: changes `data[..size]` in place, gives the new size, at most `most`.
pub fn in_place(data: &mut [u8], size: usize, most: usize, seed: u32) -> usize {
    let mut state = seed;
    let choices: Vec<u8> = (0..16)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .collect();
    let made = changed(&data[..size], &mut Seed(&choices));
    let size = made.len().min(most).min(data.len());
    data[..size].copy_from_slice(&made[..size]);
    size
}

/// Every other mutation of a target is one of DER; the first bytes, which are no DER, are kept.
#[macro_export]
macro_rules! der_mutations {
    () => {
        $crate::der_mutations!(0);
    };
    ($before:expr) => {
        libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
            if seed % 2 == 0 || size <= $before {
                return libfuzzer_sys::fuzzer_mutate(data, size, max_size);
            }
            let (_, der) = data.split_at_mut($before);
            $before + $crate::der_mutator::in_place(der, size - $before, max_size - $before, seed / 2)
        });
    };
}
