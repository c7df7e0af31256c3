//! Whether the display is still there.
//!
//! Xlib ends the whole program when its server dies, and the session's data with it. A second
//! connection, over which nothing is ever sent, tells that the server is gone before Xlib is asked
//! for anything more.

use std::io::{ErrorKind, Read};
use std::thread;
use std::time::Duration;

/// The time that a server takes at most to end.
const ENDING: Duration = Duration::from_millis(60);

/// A connection that tells whether the X server is there.
pub(super) struct Probe {
    display: String,
    connection: Option<Box<dyn Read>>,
}

impl Probe {
    /// Watches the server of the variable `DISPLAY`; one that cannot be watched counts as there.
    pub(super) fn new() -> Self {
        let display = std::env::var("DISPLAY").unwrap_or_default();
        Self {
            connection: connect(&display),
            display,
        }
    }

    /// Whether the server is there.
    pub(super) fn is_alive(&mut self) -> bool {
        let Some(connection) = &mut self.connection else {
            return true;
        };
        match connection.read(&mut [0]) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => true,
            Err(error) if error.kind() == ErrorKind::Interrupted => true,
            // Servers hang up on who says nothing for a minute; one that ends may still listen while
            // it closes its connections.
            _ => {
                thread::sleep(ENDING);
                self.connection = connect(&self.display);
                self.connection.is_some()
            }
        }
    }
}

/// Host, empty for this machine, and number of a display such as `:0`, `unix:1.0`, `localhost:10.0`.
fn parse(display: &str) -> Option<(&str, u16)> {
    let (host, numbers) = display.rsplit_once(':')?;
    let number = numbers.split('.').next()?.parse().ok()?;
    let host = if host == "unix" { "" } else { host };
    Some((host, number))
}

#[cfg(unix)]
fn connect(display: &str) -> Option<Box<dyn Read>> {
    use std::net::TcpStream;
    use std::os::unix::net::UnixStream;
    let (host, number) = parse(display)?;
    if host.is_empty() {
        let stream = UnixStream::connect(format!("/tmp/.X11-unix/X{number}"));
        let stream = stream.or_else(|error| abstract_socket(number).ok_or(error));
        let stream = stream.ok()?;
        stream.set_nonblocking(true).ok()?;
        return Some(Box::new(stream));
    }
    let stream = TcpStream::connect((host, number.checked_add(6000)?)).ok()?;
    stream.set_nonblocking(true).ok()?;
    Some(Box::new(stream))
}

#[cfg(target_os = "linux")]
fn abstract_socket(number: u16) -> Option<std::os::unix::net::UnixStream> {
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::{SocketAddr, UnixStream};
    let name = format!("/tmp/.X11-unix/X{number}");
    let address = SocketAddr::from_abstract_name(name).ok()?;
    UnixStream::connect_addr(&address).ok()
}

#[cfg(all(unix, not(target_os = "linux")))]
fn abstract_socket(_: u16) -> Option<std::os::unix::net::UnixStream> {
    None
}

#[cfg(not(unix))]
fn connect(display: &str) -> Option<Box<dyn Read>> {
    parse(display).and(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn displays_have_a_host_and_a_number() {
        assert_eq!(parse(":0"), Some(("", 0)));
        assert_eq!(parse("unix:1.0"), Some(("", 1)));
        assert_eq!(parse("localhost:10.0"), Some(("localhost", 10)));
        assert_eq!(parse("somewhere"), None);
    }

    #[test]
    #[cfg(unix)]
    fn a_server_that_hangs_up_and_does_not_answer_is_gone() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let Some(number) = port.checked_sub(6000) else {
            return;
        };
        let display = format!("127.0.0.1:{number}");
        let mut probe = Probe {
            connection: connect(&display),
            display,
        };
        let (server, _) = listener.accept().unwrap();
        assert!(probe.is_alive());
        drop(server);
        std::thread::sleep(std::time::Duration::from_millis(50));
        assert!(probe.is_alive(), "it answers again");
        drop((listener.accept(), listener));
        std::thread::sleep(std::time::Duration::from_millis(50));
        assert!(!probe.is_alive());
    }
}
