//! `@ytt:ip`.

use std::net::{IpAddr, Ipv6Addr};

use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::eval::Evaluator;
use starlark::values::{Heap, NoSerialize, StarlarkValue, Trace, Value, starlark_value};

use super::function::{ObjectFunction, module_of, one_argument, string};
use crate::engine::values::object_type;
use crate::engine::{Args, NativeError, NativeResult};

pub(crate) fn module(heap: Heap<'_>) -> Value<'_> {
    module_of("ip", &[("ip.parse_addr", parse_addr), ("ip.parse_cidr", parse_cidr)], heap)
}

/// The address a text stands for. Groups may have any number of leading zeros.
fn address(text: &str) -> Option<IpAddr> {
    if !text.contains(':') {
        return text.parse().ok();
    }
    let shorter = |group: &str| {
        if group.contains('.') {
            return group.to_owned();
        }
        let zeros = group.bytes().take_while(|byte| *byte == b'0').count();
        let kept = group.len().saturating_sub(4).min(zeros);
        group.get(kept..).unwrap_or_default().to_owned()
    };
    let groups: Vec<String> = text.split(':').map(shorter).collect();
    groups.join(":").parse().ok()
}

/// A number in plain digits.
fn number(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// The address without the bits that a mask of `length` ones hides.
fn masked(address: IpAddr, length: u32) -> IpAddr {
    let hidden = |width: u32| width.saturating_sub(length);
    match address {
        IpAddr::V4(v4) => IpAddr::V4((v4.to_bits() & u32::MAX.checked_shl(hidden(32)).unwrap_or(0)).into()),
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() & u128::MAX.checked_shl(hidden(128)).unwrap_or(0)).into()),
    }
}

/// The IPv4 address behind `::ffff:1.2.3.4`, which counts and prints as that.
fn plain(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(address, IpAddr::V4),
        IpAddr::V4(_) => address,
    }
}

/// A network: its first address as written and the length of its prefix.
#[derive(Clone, Copy)]
struct Network {
    address: IpAddr,
    length: u32,
}

impl Network {
    fn parse(text: &str) -> Option<(IpAddr, Network)> {
        let (before, length) = text.split_once('/')?;
        let address = address(before)?;
        let length = number(length).filter(|length| *length <= width(address))?;
        Some((address, Network { address: masked(address, length), length }))
    }

    fn text(self) -> String {
        let address = plain(self.address);
        // The prefix of an IPv4 address in IPv6 form is counted from the end of `::ffff:`.
        let length = self.length.saturating_sub(width(self.address) - width(address));
        format!("{address}/{length}")
    }
}

/// How many bits an address has.
fn width(address: IpAddr) -> u32 {
    match address {
        IpAddr::V4(_) => u32::BITS,
        IpAddr::V6(_) => Ipv6Addr::BITS,
    }
}

fn parse_addr<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let text = String::from_utf8_lossy(string(one_argument(args)?)?);
    let address = address(&text).ok_or_else(|| NativeError::new(format!("invalid IP address: {text}")))?;
    Ok(Addr::alloc(address, eval.heap()))
}

fn parse_cidr<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let text = String::from_utf8_lossy(string(one_argument(args)?)?);
    let (address, network) =
        Network::parse(&text).ok_or_else(|| NativeError::new(format!("invalid CIDR address: {text}")))?;
    let heap = eval.heap();
    Ok(heap.alloc((Addr::alloc(address, heap), Net::alloc(network, heap))))
}

object_type! {
    /// An address.
    Addr, (), "@ytt:ip.addr"
}

impl<'v> Addr<'v> {
    fn alloc(address: IpAddr, heap: Heap<'v>) -> Value<'v> {
        let address = plain(address);
        let fields = vec![
            (
                "is_ipv4",
                ObjectFunction::alloc("ip.addr.is_ipv4", move |_| Value::new_bool(address.is_ipv4()), heap),
            ),
            (
                "is_ipv6",
                ObjectFunction::alloc("ip.addr.is_ipv6", move |_| Value::new_bool(address.is_ipv6()), heap),
            ),
            (
                "string",
                ObjectFunction::alloc(
                    "ip.addr.string",
                    move |heap| heap.alloc_str(&address.to_string()).to_value(),
                    heap,
                ),
            ),
        ];
        Addr::alloc_with(fields, (), heap)
    }
}

object_type! {
    /// A network.
    Net, (), "@ytt:ip.net"
}

impl<'v> Net<'v> {
    fn alloc(network: Network, heap: Heap<'v>) -> Value<'v> {
        let fields = vec![
            (
                "addr",
                ObjectFunction::alloc("ip.net.addr", move |heap| Addr::alloc(network.address, heap), heap),
            ),
            (
                "string",
                ObjectFunction::alloc(
                    "ip.net.string",
                    move |heap| heap.alloc_str(&network.text()).to_value(),
                    heap,
                ),
            ),
        ];
        Net::alloc_with(fields, (), heap)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_print_as_in_go() {
        for (text, expected) in [
            ("1.2.3.4", Some("1.2.3.4")),
            ("2001:0db8:0000::0001", Some("2001:db8::1")),
            ("0000001::", Some("1::")),
            ("1:00000:0:2::", Some("1:0:0:2::")),
            ("::ffff:1.2.3.4", Some("1.2.3.4")),
            ("::0001.2.3.4", None),
            ("010.1.1.1", None),
            ("00010000::", None),
            ("1:2:3:4:5:6:7:8:9", None),
            ("fe80::1%eth0", None),
            ("", None),
        ] {
            assert_eq!(address(text).map(|a| plain(a).to_string()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn networks_print_as_in_go() {
        for (text, expected) in [
            ("192.168.7.9/20", Some("192.168.0.0/20")),
            ("1.2.3.4/08", Some("1.0.0.0/8")),
            ("1.2.3.4/0", Some("0.0.0.0/0")),
            ("2001:db8:1::5/33", Some("2001:db8::/33")),
            ("::ffff:1.2.3.4/110", Some("1.0.0.0/14")),
            ("::ffff:1.2.3.4/96", Some("0.0.0.0/0")),
            ("::ffff:1.2.3.4/90", Some("::ffc0:0:0/90")),
            ("1.2.3.4/33", None),
            ("1.2.3.4/+1", None),
            ("1.2.3.4/", None),
            ("1.2.3.4", None),
        ] {
            assert_eq!(Network::parse(text).map(|(_, net)| net.text()).as_deref(), expected, "{text}");
        }
    }
}
