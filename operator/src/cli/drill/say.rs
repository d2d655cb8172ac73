//! Where `fdp drill run` says what happens: what waits for the verdict and what does the fault say it in turns.

use std::{
    cell::RefCell,
    io::{Result, Write},
};

/// An output that many write to.
#[derive(Debug)]
pub struct Say<'o, W>(RefCell<&'o mut W>);

impl<'o, W: Write> Say<'o, W> {
    /// Says it there.
    pub fn to(output: &'o mut W) -> Self {
        Self(RefCell::new(output))
    }

    /// Says something of a drill, in a line.
    ///
    /// # Errors
    /// When nobody listens any more.
    pub fn line(&self, drill: &str, text: &str) -> Result<()> {
        writeln!(self.0.borrow_mut(), "{drill}: {text}")
    }

    /// Says a text as it is.
    ///
    /// # Errors
    /// When nobody listens any more.
    pub fn text(&self, text: &str) -> Result<()> {
        write!(self.0.borrow_mut(), "{text}")
    }
}
