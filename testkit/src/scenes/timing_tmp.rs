#[test]
fn timing() {
    use super::{expected::Window, ground::Ground, *};
    let o = Options::default();
    let l = o.landscape();
    let p = Plan::new(&o).unwrap();
    let w = Window::of_bounds(p.tiles[0].bounds);
    let t = std::time::Instant::now();
    let g: Vec<Ground> = (0..256 * 1024)
        .map(|i| {
            let (x, y) = w.centre(i % 1024, 400 + i / 1024);
            l.ground(x, y)
        })
        .collect();
    println!("ground {:?}", t.elapsed() * 4);
    for d in p.dates.iter().take(6) {
        let s = l.on(*d);
        let t = std::time::Instant::now();
        let mut a = 0u64;
        for (i, g) in g.iter().enumerate() {
            let (x, y) = w.centre(i % 1024, 400 + i / 1024);
            a += s.stored(g, x, y).0[3] as u64;
        }
        let all = t.elapsed() * 4;
        let t = std::time::Instant::now();
        for (i, _) in g.iter().enumerate() {
            let (x, y) = w.centre(i % 1024, 400 + i / 1024);
            a += s.sky.seen(x, y).class() as u64;
        }
        println!("stored {all:?} of it sky {:?} {a} cover {}", t.elapsed() * 4, s.sky.cover);
    }
    // quantiles
    let mut v: Vec<f64> = Vec::new();
    for s in 0..40u64 {
        for i in 0..5000 {
            v.push(noise::fractal(s * 77 + 5, (i % 71) as f64 * 0.173 + s as f64 * 31.0, (i / 71) as f64 * 0.191, 6));
        }
    }
    v.sort_by(|a, b| b.partial_cmp(a).unwrap());
    for q in [0.001, 0.01, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95, 0.99, 0.999] {
        println!("({q}, {:.3})", v[(q * v.len() as f64) as usize]);
    }
}
