//! The part of tickline's tools that programs outside of this workspace use: how a way from core
//! to core is measured, so that rivals are measured by the same loops as tickline.

pub mod measure;
