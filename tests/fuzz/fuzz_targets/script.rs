//! Looking for mistakes in a script, without running it.
#![no_main]

use std::cell::RefCell;

use optimap::script::Settings;
use optimap::session::Session;

thread_local! {
    static SESSION: RefCell<Session> = RefCell::new(Session::new(Settings {
        print: Box::new(|_| ()),
        windows: None,
        interactive: false,
    }));
}

libfuzzer_sys::fuzz_target!(|text: &str| {
    SESSION.with_borrow_mut(|session| {
        session.check("script", text);
    });
});
